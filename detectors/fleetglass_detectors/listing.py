"""All detectors there are, listed by hand."""

from fleetglass_detectors.database import Database
from fleetglass_detectors.detector import Detector
from fleetglass_detectors.loops.lag import Lag


def detectors(database: Database, *, recorded: bool = False) -> list[Detector]:
    """The detectors, in the order in which they are asked."""
    return [Lag()]
