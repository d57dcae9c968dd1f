"""Walks chains of the audit log, and finds the entries at which they are broken.

A chain shows each entry that was changed, taken out or put in before its last one. It does not show
that entries are missing at its end, nor that everything from some entry on was made anew with new
hashes. Both show if somebody kept a hash of the chain elsewhere: see `Walk.missed`.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from enum import StrEnum

from fleetglass_detectors.audit.entry import NOTHING, Entry


class Way(StrEnum):
    CHANGED = "changed"
    """It does not have its hash, or the next entry was made after one with another hash."""
    MISSING = "missing"
    DOUBLED = "doubled"
    """There is more than one entry with this number."""
    OUT_OF_ORDER = "out of order"
    """It stands after an entry with a higher number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    way: Way
    number: int
    last: int
    """Of missing entries the last one; otherwise the same as `number`."""


class Walk:
    """One chain, entry by entry as they stand. It remembers faults, and no entry but the last."""

    def __init__(
        self, chain: str, wanted: Set[str] = frozenset(), *, is_part: bool = False
    ) -> None:
        """`wanted` are hashes to look for. `is_part`: the chain may begin at any number."""
        self.chain = chain
        self.count = 0
        self.first_at = self.last_at = ""
        self.last_hash = NOTHING
        self.missed: set[str] = {*wanted}
        """The wanted hashes that no intact entry had so far."""
        self._is_part = is_part
        self._top = 0
        # The hashes of the entries with the highest number: more than one if it is doubled.
        self._tops = {NOTHING}
        self._gaps: list[tuple[int, int]] = []
        self._faults: dict[tuple[int, Way], Fault] = {}

    @property
    def faults(self) -> list[Fault]:
        """What was found so far, by number."""
        gaps = [Fault(way=Way.MISSING, number=first, last=last) for first, last in self._gaps]
        return sorted([*self._faults.values(), *gaps], key=lambda fault: (fault.number, fault.way))

    @property
    def is_whole(self) -> bool:
        return not self._faults and not self._gaps and not self.missed

    def take(self, entry: Entry) -> None:
        """Look at the next entry."""
        self._begin(entry)
        self.count += 1
        if not entry.is_intact:
            self._add(Way.CHANGED, entry.number)
        else:
            self.missed.discard(entry.hash)
        if entry.number > self._top:
            self._forward(entry)
        elif self._fills_gap(entry.number):
            self._add(Way.OUT_OF_ORDER, entry.number)
        else:
            self._add(Way.DOUBLED, entry.number)
            if entry.number == self._top:
                self._tops.add(entry.hash)

    def _begin(self, entry: Entry) -> None:
        if self.count:
            return
        self.first_at = entry.at
        if self._is_part and entry.number > 1:
            self._top, self._tops = entry.number - 1, {entry.previous}

    def _forward(self, entry: Entry) -> None:
        if entry.number > self._top + 1:
            self._gaps.append((self._top + 1, entry.number - 1))
        elif entry.is_intact and entry.previous not in self._tops:
            # It was made after an entry that had this hash: so that one has another hash now.
            self._add(Way.CHANGED, max(self._top, 1))
        self._top, self._tops = entry.number, {entry.hash}
        self.last_at, self.last_hash = entry.at, entry.hash

    def _fills_gap(self, number: int) -> bool:
        for gap in self._gaps:
            if gap[0] <= number <= gap[1]:
                parts = ((gap[0], number - 1), (number + 1, gap[1]))
                self._gaps.remove(gap)
                self._gaps += [part for part in parts if part[0] <= part[1]]
                return True
        return False

    def _add(self, way: Way, number: int) -> None:
        self._faults[number, way] = Fault(way=way, number=number, last=number)


def walks(
    entries: Iterable[Entry], expected: Iterable[tuple[str, str]] = (), *, is_part: bool = False
) -> list[Walk]:
    """Walk all chains of a log; the entries of several may stand in turn.

    `expected` are chains with a hash that each must contain. A chain that is expected and not there
    has a walk too.
    """
    wanted: dict[str, set[str]] = {}
    for chain, hash in expected:
        wanted.setdefault(chain, set()).add(hash)
    found = {chain: Walk(chain, hashes, is_part=is_part) for chain, hashes in wanted.items()}
    for entry in entries:
        if entry.chain not in found:
            found[entry.chain] = Walk(entry.chain, is_part=is_part)
        found[entry.chain].take(entry)
    return [found[chain] for chain in sorted(found)]
