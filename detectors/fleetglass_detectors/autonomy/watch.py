"""Detects actions beyond what their agent may do, in the spans of a run.

A run in which something consequential happened is read whole, with its words. It is read again when
more of it arrives and once after a pause, since the agent of a span may be known only a few seconds
after the span arrived, and since an approval may arrive after the action.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import numpy as np

from fleetglass.autonomy.policy import Policy
from fleetglass.autonomy.violation import Rule
from fleetglass_detectors.autonomy.pending import Pending, Segments
from fleetglass_detectors.autonomy.rules import PolicyAt, judge
from fleetglass_detectors.autonomy.run import Run
from fleetglass_detectors.autonomy.sieve import NameReader, Sieve
from fleetglass_detectors.autonomy.signals import signal
from fleetglass_detectors.detector import State
from fleetglass_detectors.signal import Signal
from fleetglass_detectors.spans import AGENT, OTHER, Batch, Rows

SECOND_NS = 1_000_000_000
GRACE_NS = 1 * SECOND_NS
# These hold only if something has not arrived, so they wait for the pause.
ABSENCES = frozenset({Rule.NO_APPROVAL, Rule.SELF_APPROVAL, Rule.NO_NOTICE, Rule.BORROWED})

Reader = Callable[[Segments], Iterable[Run]]


class Autonomy:
    name = "autonomy"
    by: Literal["run"] = "run"

    def __init__(
        self, policy_at: PolicyAt, read: Reader, names: NameReader, *, grace_ns: int = GRACE_NS
    ) -> None:
        """`grace_ns`: how long after its news a run is read once more; 0 for a recording."""
        self._policy_at = policy_at
        self._read = read
        self._sieve = Sieve(policy_at(0), names, everybody=not grace_ns)
        self._pending = Pending(grace_ns)

    def keys(self) -> int:
        return len(self._pending)

    def update(self, batch: Batch) -> Iterable[Signal]:
        now_ns = batch.now_ns
        self._sieve.set(self._policy_at(now_ns))
        news = self._news(batch.rows)
        self._pending.add(news, now_ns)
        due = self._pending.due(now_ns)
        wanted = self._pending.wanted(news, now_ns)
        return [*self._judge(wanted, due, now_ns)] if wanted else []

    def state(self) -> State:
        return self._pending.state()

    def restore(self, state: State) -> None:
        self._pending.restore(state)

    def _news(self, rows: Rows) -> dict[int, list[int]]:
        """Return the runs that must be read, with the segments of their new spans."""
        if not len(rows):
            return {}
        wanted = self._sieve.consequential(rows)
        # An agent's span completes the lineage of what was done under it, and approvals are spans.
        for place in np.flatnonzero(np.isin(rows["kind"], (AGENT, OTHER))):
            wanted[place] |= int(rows["run"][place]) in self._pending
        return segments_of(rows[wanted])

    def _judge(self, wanted: list[int], due: set[int], now_ns: int) -> Iterator[Signal]:
        left = due.intersection(wanted)
        for run in self._read({number: self._pending.segments(number) for number in wanted}):
            is_settled = run.number in due
            left.discard(run.number)
            self._pending.was_read(run.number, len(run.actions), now_ns)
            has_doubts = run.is_unnamed
            for violation in judge(run, self._policy_at, now_ns).violations:
                if is_settled or violation.rule not in ABSENCES:
                    yield signal(run, violation, self._policy_at(violation.action.start_ns))
                else:
                    has_doubts = True
            if is_settled or not has_doubts:
                self._pending.again(run.number, self._notice_ns(run, now_ns))
        for run_number in left:
            # Nobody who acts in it is watched.
            self._pending.again(run_number, 0)

    def _notice_ns(self, run: Run, now_ns: int) -> int:
        """Return when the time for a notice is over; 0 if it is or if none is owed."""
        notice = self._policy_at(now_ns).notice
        if notice is None or not run.actions:
            return 0
        last_ns = max(action.end_ns for action in run.actions) + int(notice.within_s * SECOND_NS)
        return last_ns + 1 if last_ns >= now_ns else 0


def segments_of(rows: Rows) -> dict[int, list[int]]:
    """Return the segments of some spans, by run."""
    found: dict[int, list[int]] = {}
    for run, segment in zip(rows["run"].tolist(), rows["segment"].tolist(), strict=True):
        found.setdefault(run, []).append(segment)
    return found


def constant(policy: Policy) -> PolicyAt:
    """Return one policy for all times."""
    return lambda _: policy
