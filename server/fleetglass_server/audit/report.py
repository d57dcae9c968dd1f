"""Says of each chain whether it is whole, and where it is broken."""

from collections.abc import Iterator

from fleetglass_detectors.audit.verify import Fault, Walk


def lines(walk: Walk) -> Iterator[str]:
    state = "whole" if walk.is_whole else "BROKEN"
    if walk.count:
        times = f"from {walk.first_at[:19]} to {walk.last_at[:19]}"
        yield f"{walk.chain}: {state}, {walk.count:,} entries {times} (UTC)"
        yield f"  its last hash: {walk.chain}:{walk.last_hash}"
    else:
        yield f"{walk.chain}: {state}, no entries"
    for fault in walk.faults:
        yield f"  {_place(fault)}: {fault.way}"
    for hash in sorted(walk.missed):
        yield f"  no entry has the expected hash {hash}: the end is missing, or was made anew"


def row(walk: Walk) -> dict[str, object]:
    """Return the same for programs."""
    return {
        "chain": walk.chain,
        "whole": walk.is_whole,
        "entries": walk.count,
        "first_at": walk.first_at,
        "last_at": walk.last_at,
        "last_hash": walk.last_hash,
        "faults": [
            {"way": fault.way, "number": fault.number, "last": fault.last} for fault in walk.faults
        ],
        "missed": sorted(walk.missed),
    }


def _place(fault: Fault) -> str:
    if fault.last != fault.number:
        return f"entries {fault.number:,} to {fault.last:,}"
    return f"entry {fault.number:,}"
