"""The spans of live traces, up to a limit."""

import numpy as np
import numpy.typing as npt

from fleetglass_collector.settle.ancestry import Indices, Mask
from fleetglass_collector.settle.spans import Numbers, Spans, chosen, joined, none

# The ids of so many forgotten traces are kept: forty megabytes.
MAX_FORGOTTEN = 5_000_000


class Memory:
    """Forgets the oldest spans first, whole traces at a time."""

    def __init__(self, *, max_spans: int) -> None:
        self.spans = none()
        self.forgotten: Numbers = np.zeros(0, np.uint64)
        self._max_spans = max_spans

    def __len__(self) -> int:
        return len(self.spans["key"])

    def add(self, spans: Spans) -> Indices:
        """Add new spans; return the indices, in `spans`, of spans that were delivered twice.

        A span that is here with the same segment is not delivered twice, only read again.
        """
        known = np.isin(spans["key"], self.spans["key"])
        # Spans are in the order of arrival: the first index of a key is the first that arrived.
        _, first = np.unique(spans["key"], return_index=True)
        fresh = np.zeros(len(known), np.bool_)
        fresh[first] = True
        fresh &= ~known
        self.spans = joined(self.spans, chosen(spans, fresh))
        return np.flatnonzero(~fresh & ~self._is_same(spans))

    def of(self, traces: Numbers) -> Indices:
        return np.flatnonzero(np.isin(self.spans["trace"], traces))

    def update(self, which: Indices, spans: Spans) -> None:
        for name, column in spans.items():
            self.spans[name][which] = column

    def remember(self, traces: Numbers) -> None:
        """Take traces off the list of forgotten ones."""
        self.forgotten = np.setdiff1d(self.forgotten, traces)

    def forget(self, traces: Numbers) -> None:
        self.forgotten = np.union1d(self.forgotten, traces)[-MAX_FORGOTTEN:]

    def trim(self) -> None:
        """Forget the traces that had no span for the longest time, down to three quarters."""
        if len(self) <= self._max_spans:
            return
        kept = self._last_seen() >= self._border(max(1, self._max_spans * 3 // 4))
        self.forget(np.unique(self.spans["trace"][~kept]))
        self.spans = chosen(self.spans, kept)

    def _last_seen(self) -> npt.NDArray[np.int64]:
        """Return for each span the place of the latest span of its trace."""
        _, group = np.unique(self.spans["trace"], return_inverse=True)
        latest = np.zeros(group.max() + 1, np.int64)
        np.maximum.at(latest, group, np.arange(len(group)))
        return latest[group]

    def _border(self, room: int) -> int:
        last = np.sort(self._last_seen())
        return int(last[len(last) - room])

    def _is_same(self, spans: Spans) -> Mask:
        order = np.argsort(self.spans["key"])
        keys = self.spans["key"][order]
        at = order[np.minimum(np.searchsorted(keys, spans["key"]), len(keys) - 1)]
        same: Mask = self.spans["key"][at] == spans["key"]
        same &= self.spans["segment"][at] == spans["segment"]
        return same
