"""Detects actions beyond what their agent may do, in the spans of a run.

A run in which something consequential happened is read whole, with its words. It is read again when
more of it arrives and once after a pause, since the agent of a span may be known only a few seconds
after the span arrived, and since an approval may arrive after the action.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, cast

import numpy as np

from fleetglass_detectors.autonomy.policy import Policy
from fleetglass_detectors.autonomy.rules import PolicyAt, judge
from fleetglass_detectors.autonomy.run import Run
from fleetglass_detectors.autonomy.sieve import NameReader, Sieve
from fleetglass_detectors.autonomy.signals import signal
from fleetglass_detectors.autonomy.violation import Rule
from fleetglass_detectors.detector import State
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import AGENT, OTHER, Batch, Rows

SECOND_NS = 1_000_000_000
GRACE_NS = 1 * SECOND_NS
"""How long after its last news a run is read once more."""
IDLE_NS = 3600 * SECOND_NS
MOST_RUNS = 100_000
# These hold only if something has not arrived, so they wait for the pause.
ABSENCES = frozenset({Rule.NO_APPROVAL, Rule.SELF_APPROVAL, Rule.NO_NOTICE, Rule.BORROWED})

Reader = Callable[[Mapping[int, Iterable[int]]], Iterable[Run]]


class Autonomy:
    name = "autonomy"
    by: Literal["run"] = "run"

    def __init__(
        self,
        policy_at: PolicyAt,
        read: Reader,
        names: NameReader,
        *,
        grace_ns: int = GRACE_NS,
    ) -> None:
        self._policy_at = policy_at
        self._read = read
        self._grace_ns = grace_ns
        self._sieve = Sieve(policy_at(0), names)
        # By run: the segments its spans came in, and when it is read once more, 0 for never.
        self._open: dict[int, tuple[list[int], int]] = {}

    def keys(self) -> int:
        return len(self._open)

    def update(self, batch: Batch) -> Iterable[Signal]:
        now_ns = batch.now_ns
        self._sieve.set(self._policy_at(now_ns))
        news = self._news(batch.rows)
        for run, segments in news.items():
            known, _ = self._open.pop(run, ([], 0))
            self._open[run] = sorted({*known, *segments}), now_ns + self._grace_ns
        due = {run for run, (_, again_ns) in self._open.items() if 0 < again_ns <= now_ns}
        wanted = sorted({*news, *due})
        found = [*self._judge(wanted, due, now_ns)] if wanted else []
        self._forget(now_ns)
        return found

    def state(self) -> State:
        return {"open": {run: (list(known), at) for run, (known, at) in self._open.items()}}

    def restore(self, state: State) -> None:
        held = cast(dict[str, dict[int, Any]], state)
        self._open = {run: (list(known), at) for run, (known, at) in held["open"].items()}

    def _news(self, rows: Rows) -> dict[int, list[int]]:
        """Return the runs that must be read, with the segments of their new spans."""
        if not len(rows):
            return {}
        marked = self._sieve.consequential(rows)
        # An agent's span completes the lineage of what was done under it, and approvals are spans.
        about = np.isin(rows["kind"], (AGENT, OTHER))
        known = about & np.isin(rows["run"], np.fromiter(self._open, np.uint64, len(self._open)))
        news: dict[int, list[int]] = {}
        for row in rows[marked | known]:
            news.setdefault(int(row["run"]), []).append(int(row["segment"]))
        return news

    def _judge(self, wanted: list[int], due: set[int], now_ns: int) -> Iterator[Signal]:
        for run in self._read({number: self._open[number][0] for number in wanted}):
            is_settled = run.number in due or not self._grace_ns
            for violation in judge(run, self._policy_at, now_ns).violations:
                if is_settled or violation.rule not in ABSENCES:
                    policy = self._policy_at(violation.action.start_ns)
                    yield signal(run, violation, policy)
            if is_settled:
                self._open[run.number] = self._open[run.number][0], self._later(run, now_ns)

    def _later(self, run: Run, now_ns: int) -> int:
        """Return when the run is read again: when the time for a notice is over."""
        notice = self._policy_at(now_ns).notice
        if notice is None or not run.actions:
            return 0
        last_ns = max(action.end_ns for action in run.actions) + int(notice.within_s * SECOND_NS)
        return last_ns + 1 if last_ns >= now_ns else 0

    def _forget(self, now_ns: int) -> None:
        while len(self._open) > MOST_RUNS:
            del self._open[next(iter(self._open))]
        # The runs are in the order of their last news, and a segment's number is its time.
        for run, (segments, again_ns) in [*self._open.items()]:
            if again_ns or segments[-1] > now_ns - IDLE_NS:
                break
            del self._open[run]


def constant(policy: Policy) -> PolicyAt:
    """Return one policy for all times."""
    return lambda _: policy
