"""Finds agents, cohorts, models and tenants that spend unusually much or little, and says why.

Every ten seconds the detector reads from the ledger the runs whose spans were settled since then,
and every minute how many runs began. A run that is over becomes one mark of its agent, cohort,
model and tenant. An open run is compared with all earlier runs of its agent. Unusual keys are
gathered into causes. A signal says how many dollars a cause costs too much, and why. For that, the
runs since it began are compared with as many runs of the day before. If more runs begin than usual,
they are compared with the same hours of that day.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Literal, cast

import numpy as np

from fleetglass_detectors.alarms.allowance import Allowance
from fleetglass_detectors.cost.attribution import attribute, lines
from fleetglass_detectors.cost.causes import (
    Cause,
    Change,
    causes,
    causes_of_shares,
    changes,
    of_key,
)
from fleetglass_detectors.cost.extreme import COSTLY, Extreme
from fleetglass_detectors.cost.ledger import Key, Ledger, RunRows
from fleetglass_detectors.cost.streams import MORE, SHARES, Finding, Streams
from fleetglass_detectors.cost.usage import Usage
from fleetglass_detectors.detector import State
from fleetglass_detectors.harm import Harm
from fleetglass_detectors.signal import Level, Signal
from fleetglass_detectors.spans import Batch
from fleetglass_detectors.subject import Subject

SECOND_NS = 1_000_000_000
MINUTE_NS, HOUR_NS, DAY_NS = 60 * SECOND_NS, 3600 * SECOND_NS, 86_400 * SECOND_NS
TICK_NS = 10 * SECOND_NS
# Segments of another collector may become visible late, so the last ones are read again.
OVERLAP_NS = 30 * SECOND_NS
# A run without a new span for this long counts as over, whether it ended or not.
IDLE_NS = 600 * SECOND_NS
# A minute is counted once most of its spans have arrived.
MINUTE_LAG_NS = 90 * SECOND_NS
# After a longer stop, the minutes before that are not counted any more.
MINUTES_BACK = 60
MARKED = 500_000


class Costs:
    name = "costs"
    by: Literal["agent"] = "agent"

    def __init__(self, ledger: Ledger, allowance: Allowance) -> None:
        self._ledger = ledger
        self._streams = Streams(allowance)
        self._due_ns = 0
        self._segment = 0
        self._left = 0
        self._minute_ns = 0
        # Runs that were counted, and runs that were flagged, from which nothing is learned.
        self._marked: dict[int, None] = {}
        self._flagged: dict[int, None] = {}
        self._prices: dict[str, str] = {}
        # The keys that are reported as causes now.
        self._causes_now: dict[Key, None] = {}

    def keys(self) -> int:
        return len(self._streams)

    def update(self, batch: Batch) -> Iterable[Signal]:
        if batch.now_ns < self._due_ns:
            return
        self._due_ns = batch.now_ns + TICK_NS
        settled = self._ledger.settled()
        if not self._segment:
            # Runs from before the first start make no incident.
            self._segment = self._left = settled
        yield from self._runs(settled, batch.now_ns)
        minutes = self._minutes(batch.now_ns)
        if minutes:
            self._correct(batch.now_ns)
            self._streams.settle(batch.now_ns)
            yield from self._keys(batch.now_ns)

    def state(self) -> State:
        return {
            "streams": self._streams.state(),
            "at": [self._due_ns, self._segment, self._left, self._minute_ns],
            "marked": [*self._marked],
            "flagged": [*self._flagged],
            "prices": self._prices.copy(),
            "told": [*map(str, self._causes_now)],
        }

    def restore(self, state: State) -> None:
        held = cast(dict[str, Any], state)
        self._streams.restore(held["streams"])
        self._due_ns, self._segment, self._left, self._minute_ns = held["at"]
        self._marked = dict.fromkeys(held["marked"])
        self._flagged = dict.fromkeys(held["flagged"])
        self._prices = held["prices"].copy()
        self._causes_now = dict.fromkeys(map(Key.of, held["told"]))

    def _runs(self, settled: int, now_ns: int) -> Iterator[Signal]:
        rows = self._ledger.updated(self._segment - OVERLAP_NS, settled)
        self._segment = max(self._segment, settled)
        yield from self._extremes(rows)
        self._mark(rows.where(rows.columns["ended"] > 0), now_ns)
        idle = settled - IDLE_NS
        if idle > self._left + MINUTE_NS:
            self._mark(self._ledger.fell_silent(self._left - OVERLAP_NS, idle), now_ns)
            self._left = idle

    def _extremes(self, rows: RunRows) -> Iterator[Signal]:
        for extreme in self._streams.extremes(rows):
            _remember(self._flagged, extreme.number)
            if signal := self._of_run(extreme):
                yield signal

    def _of_run(self, extreme: Extreme) -> Signal | None:
        place = self._ledger.place(extreme.key.tenant, extreme.run_id)
        if place is None:
            return None
        is_costly = extreme.kind == COSTLY
        value, level, usual = (
            f"${number:,.2f}" if is_costly else f"{number:,.0f} tokens"
            for number in (extreme.value, extreme.level, extreme.usual)
        )
        what = "the run has cost" if is_costly else "one call of the run has read"
        return Signal(
            family="excess",
            detector=self.name,
            kind=extreme.kind,
            level=Level.WARNING,
            run=place.run,
            segment=place.segment,
            last=place.span,
            at_ns=place.last_ns,
            first_ns=place.first_ns,
            score=extreme.score,
            summary=(
                f"{what} {value} so far; usual for this agent is {usual}, and {level} at most"
            ),
            evidence={"value": extreme.value, "level": extreme.level, "usual": extreme.usual},
        )

    def _mark(self, rows: RunRows, now_ns: int) -> None:
        new = np.array(
            [number not in self._marked and number not in self._flagged for number in rows.numbers],
            np.bool_,
        )
        flagged = np.array(
            [number not in self._marked and number in self._flagged for number in rows.numbers],
            np.bool_,
        )
        for number in rows.numbers:
            _remember(self._marked, number)
        if new.any():
            self._streams.mark(rows.where(new), now_ns)
        if flagged.any():
            self._streams.mark_flagged(rows.where(flagged), now_ns)

    def _minutes(self, now_ns: int) -> int:
        """Count the minutes that are over; return how many there were."""
        last = (now_ns - MINUTE_LAG_NS) // MINUTE_NS * MINUTE_NS
        if not self._minute_ns:
            self._minute_ns = last
        self._minute_ns = max(self._minute_ns, last - MINUTES_BACK * MINUTE_NS)
        first, self._minute_ns = self._minute_ns, last
        begun = self._ledger.begun(first, last) if first < last else {}
        for minute in range(first, last, MINUTE_NS):
            self._streams.minute(begun.get(minute, {}), minute)
            if (minute + MINUTE_NS) % HOUR_NS == 0:
                self._streams.end_hour(minute, now_ns)
        return len(range(first, last, MINUTE_NS))

    def _correct(self, now_ns: int) -> None:
        """Forget what was usual where a price was corrected: the change is known already."""
        prices = self._ledger.prices()
        changed = [
            name.split("\0")[1]
            for name, digest in prices.items()
            if self._prices.get(name, digest) != digest
        ]
        self._prices = prices
        if changed:
            self._streams.reprice(self._ledger.users(changed, now_ns - 7 * DAY_NS))

    def _keys(self, now_ns: int) -> Iterator[Signal]:
        together: dict[tuple[str, str], list[Finding]] = defaultdict(list)
        for finding in self._streams.found(now_ns):
            sort = finding.kind if finding.kind in SHARES else ("more" if finding.up else "less")
            together[finding.key.tenant, sort].append(finding)
        causes_now: dict[Key, None] = {}
        for (tenant, _), findings in sorted(together.items()):
            for cause in self._causes(tenant, findings, now_ns):
                causes_now[cause.key] = None
                for finding in (one for one in findings if one.key == cause.key):
                    own = self._of_finding(finding, now_ns)
                    yield _signal(finding, cause, own, now_ns)
        self._causes_now = causes_now

    def _causes(self, tenant: str, findings: Sequence[Finding], now_ns: int) -> list[Cause]:
        cells = self._compared(tenant, min(one.since_ns for one in findings), now_ns)
        if findings[0].kind in SHARES:
            return causes_of_shares({one.key: one.shift for one in findings}, cells)
        keys = [*dict.fromkeys(finding.key for finding in findings)]
        return causes(keys, cells, up=findings[0].up, known=self._causes_now)

    def _of_finding(self, finding: Finding, now_ns: int) -> list[Change]:
        key, since_ns = finding.key, finding.since_ns
        if finding.kind != MORE:
            return self._compared(key.tenant, since_ns, now_ns, key=key)
        # The number of runs depends on the hour of the day.
        days = -(-(now_ns - since_ns) // DAY_NS) or 1
        back = days * DAY_NS
        before = self._ledger.cells(key.tenant, since_ns - back, now_ns - back)
        return of_key(key, changes(before, self._ledger.cells(key.tenant, since_ns, now_ns)))

    def _compared(
        self, tenant: str, since_ns: int, now_ns: int, *, key: Key | None = None
    ) -> list[Change]:
        """Return what the runs since then cost, and what as many of the day before cost."""
        before = self._ledger.cells(tenant, since_ns - DAY_NS, since_ns)
        after = self._ledger.cells(tenant, since_ns, now_ns)
        if key is not None:
            before, after = ([c for c in cells if key.has(c)] for cells in (before, after))
        old, new = (sum(cell.usage.runs for cell in cells) for cells in (before, after))
        return changes(before, after, scale=new / old if old else 1.0)


def _signal(finding: Finding, cause: Cause, own: Sequence[Change], now_ns: int) -> Signal:
    key = finding.key
    before, after = _sums(c.before for c in own), _sums(c.after for c in own)
    change = attribute(_by_model(own, "before"), _by_model(own, "after"))
    seconds = max(1, now_ns - finding.since_ns) / SECOND_NS
    excess = max(Decimal(), after.cost - before.cost)
    subject = Subject(
        about=key.about,
        name=key.name,
        tenant=key.tenant,
        agent=key.name if key.about == "agent" else "",
    )
    most_expensive = [run for c in own for run in c.cell.most_expensive]
    return Signal(
        family="cost",
        detector=Costs.name,
        kind=finding.kind,
        level=Level.WARNING,
        run=subject.number,
        subject=subject,
        harm=Harm(
            tokens=round(after.tokens), cost=float(excess), seconds=seconds, agents=_agents(own)
        ),
        at_ns=now_ns,
        first_ns=finding.since_ns,
        score=finding.score,
        summary=f"{finding.words}; ${after.cost:,.2f} since then instead of ${before.cost:,.2f}",
        evidence={
            "usd": float(after.cost),
            "usd_before": float(before.cost),
            "usd_per_hour": float(after.cost) / seconds * 3600,
            "why": lines(change),
            "also": [f"{other.about} {other.name}" for other in cause.explains],
            "most_expensive_runs": most_expensive[:3],
        },
    )


def _by_model(cells: Iterable[Change], side: str) -> dict[tuple[str, str], Usage]:
    found: dict[tuple[str, str], Usage] = defaultdict(Usage)
    for change in cells:
        found[change.cell.agent, change.cell.model] += getattr(change, side)
    return found


def _agents(cells: Iterable[Change]) -> tuple[str, ...]:
    return tuple(sorted({c.cell.agent for c in cells if c.cell.agent and c.excess > 0}))


def _sums(usages: Iterable[Usage]) -> Usage:
    return sum(usages, Usage())


def _remember(known: dict[int, None], number: int) -> None:
    known[number] = None
    if len(known) > MARKED:
        del known[next(iter(known))]
