"""Gives each key a slot, for a limited number of keys.

Detectors keep their state in arrays by slot. If there is no room for a new key, it gets the slot of
the key that was unused for longest, so memory is bounded. A slot that went to a new key must be
`reset` in every detector. Otherwise the new key continues with the evidence of the old one.

A stream that loses its slot loses only the evidence gathered so far. The number of false alarms
depends only on the number of observations. The dictionary takes about 110 bytes a key, and the
string of the key.

Example:
    >>> slots = Slots(2)
    >>> claim = slots.claim(["billing", "search", "billing"])
    >>> claim.slots.tolist(), claim.fresh.tolist()
    ([0, 1, 0], [0, 1])
    >>> claim = slots.claim(["triage"])  # search is the longest unused
    >>> claim.slots.tolist(), claim.fresh.tolist(), claim.evicted
    ([1], [1], ('search',))
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from fleetglass_detectors.alarms.evidence import IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    slots: IntArray
    """The slot of each key, in the order of the keys."""
    fresh: IntArray
    """The slots that went to a new key. Reset them in every detector."""
    evicted: tuple[str, ...]
    """The keys that lost their slot."""


class Slots:
    """Keys and their slots, the longest unused first.

    Args:
        capacity: The most keys that are held.
    """

    bytes_per_key = 110

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"capacity={capacity!r}: there must be room for at least one key")
        self.capacity = capacity
        self._slots: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, key: str) -> bool:
        return key in self._slots

    def claim(self, keys: Sequence[str]) -> Claim:
        """Return the slots of these keys, which are now the last used. New keys get a slot."""
        asked = dict.fromkeys(keys)
        if len(asked) > self.capacity:
            raise ValueError(
                f"{len(asked)!r} keys at once, room for {self.capacity!r}: "
                "split the batch, or raise the capacity"
            )
        new = [key for key in asked if key not in self._slots]
        excess = max(0, len(self._slots) + len(new) - self.capacity)
        # No key of this batch loses its slot.
        evicted = tuple(islice((key for key in self._slots if key not in asked), excess))
        used = len(self._slots)  # slots are given in order, and only a full house evicts
        free = list(range(used, used + len(new) - excess))
        free += [self._slots.pop(key) for key in evicted]
        self._slots.update(zip(new, free, strict=True))
        for key in reversed(dict.fromkeys(reversed(keys))):  # the order of their last use
            self._slots[key] = self._slots.pop(key)
        found = np.fromiter(map(self._slots.__getitem__, keys), dtype=np.int64, count=len(keys))
        return Claim(slots=found, fresh=np.array(free, dtype=np.int64), evicted=evicted)

    def find(self, keys: Sequence[str]) -> IntArray:
        """Return the slots of these keys, -1 for unknown keys. This does not count as use."""
        return np.fromiter(
            (self._slots.get(key, -1) for key in keys), dtype=np.int64, count=len(keys)
        )

    def state(self) -> dict[str, list[str] | list[int]]:
        return {"keys": list(self._slots), "slots": list(self._slots.values())}

    def restore(self, state: Mapping[str, Sequence[str] | Sequence[int]]) -> None:
        """Continue from a `state()` as if nothing had stopped."""
        keys, slots = [str(key) for key in state["keys"]], [int(slot) for slot in state["slots"]]
        if len(keys) > self.capacity or sorted(slots) != list(range(len(keys))):
            raise ValueError(
                f"state has {len(keys)!r} keys, this has room for {self.capacity!r}: "
                "restore into one of the same capacity, or larger"
            )
        self._slots = dict(zip(keys, slots, strict=True))
