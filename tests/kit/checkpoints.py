"""States on their way through a checkpoint."""

from fleetglass_detectors.detector import State
from fleetglass_detectors.engine.checkpoint import decode, encode


def reread(state: State) -> State:
    """Return a state as it comes back from a checkpoint."""
    return decode(b"".join(encode(state)))


def written(state: State) -> bytes:
    """Return a state as it stands in a checkpoint."""
    return bytes(encode(state)[1])
