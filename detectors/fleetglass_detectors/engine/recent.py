"""Which spans have come lately? Those that come again are left out.

Receivers acknowledge after writing, so a sender that hears nothing sends again: within seconds, or
as long as it keeps trying. Two generations of sorted keys, 8 bytes each; when the younger is full
it is the older one. So the last `most` spans at least are known, and twice as many at most.
"""

from typing import cast

import numpy as np

from fleetglass_detectors.detector import State
from fleetglass_detectors.spans import Keys, Rows

MOST = 500_000


class Recent:
    def __init__(self, *, most: int = MOST) -> None:
        self._most = most
        self._older = self._younger = np.empty(0, np.uint64)

    def new(self, rows: Rows) -> Rows:
        """Return those that did not come before, and know them from now on."""
        keys, first = np.unique(rows["span"], return_index=True)
        is_new = ~(_held(self._older, keys) | _held(self._younger, keys))
        if len(self._younger) >= self._most:
            self._older, self._younger = self._younger, np.empty(0, np.uint64)
        self._younger = np.union1d(self._younger, keys[is_new])
        return rows[np.sort(first[is_new])]

    def state(self) -> State:
        return [self._older.tobytes(), self._younger.tobytes()]

    def restore(self, state: State) -> None:
        held = cast(list[bytes], state)
        self._older, self._younger = (np.frombuffer(part, np.uint64) for part in held)


def _held(known: Keys, keys: Keys) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    place = np.minimum(np.searchsorted(known, keys), max(0, len(known) - 1))
    return known[place] == keys if len(known) else np.zeros(len(keys), np.bool_)
