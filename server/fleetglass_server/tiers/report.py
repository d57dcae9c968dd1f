"""What each agent has earned, as a table and as JSON."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.table import Table

from fleetglass.autonomy.policy import Policy
from fleetglass_detectors.autonomy.earned.standing import Advice, Earned, Task, earned
from fleetglass_server.tiers.demotions import History, demotions, tier_of
from fleetglass_server.tiers.record import Record, Who

NS_PER_DAY = 86_400 * 10**9
BAR = 10
COLOURS = {
    Advice.PROMOTE: "green",
    Advice.KEEP: "default",
    Advice.DEMOTE: "yellow",
    Advice.DEMOTE_NOW: "red",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    who: Who
    earned: Earned
    is_known: bool
    """Whether fleet.yaml has an entry for the agent."""
    a_day: float
    """Tasks a day, over the days of the record."""


def lines(record: Record, history: History, now_ns: int | None = None) -> list[Line]:
    now = now_ns or time.time_ns()
    return [_line(who, tasks, history, now) for who, tasks in sorted(record.items())]


def table(found: Sequence[Line], policy: Policy) -> Table:
    shown = Table(title="What each agent has earned", title_justify="left")
    for column in ("agent", "class", "tier", "tasks", "good", "serious", "evidence", "advice"):
        shown.add_column(column, overflow="fold")
    for line in found:
        mine = line.earned
        tier = policy.tier_text(mine.tier) if line.is_known else "no entry"
        shown.add_row(
            line.who.agent,
            line.who.action_class,
            tier,
            f"{mine.tasks:,}",
            f"{mine.good:.1%}",
            str(mine.serious),
            f"{bar(mine.progress)} {mine.progress:.0%}",
            f"[{COLOURS[mine.advice]}]{mine.advice}[/]",
        )
    return shown


def reasons(found: Sequence[Line]) -> Iterator[str]:
    """Yield for each line what the advice rests on."""
    for line in found:
        yield f"{line.who.agent}, {line.who.action_class}: {line.earned.advice}: {why(line)}"


def rows(found: Sequence[Line]) -> Iterator[dict[str, object]]:
    for line in found:
        mine = line.earned
        yield {
            "tenant": line.who.tenant,
            "agent": line.who.agent,
            "cohort": line.who.cohort,
            "class": line.who.action_class,
            "tier": mine.tier if line.is_known else None,
            "advice": str(mine.advice),
            "tasks": mine.tasks,
            "good": round(mine.good, 4),
            "serious": mine.serious,
            "log_e_quality": round(mine.quality.log_e, 3),
            "log_e_safety": round(mine.safety.log_e, 3),
            "log_e_needed": round(mine.quality.needed, 3),
            "demotion_level": round(mine.demotion.level, 1),
            "progress": round(mine.progress, 3),
            "tasks_left": mine.tasks_left,
            "missing": [*mine.missing],
        }


def bar(share: float) -> str:
    full = int(share * BAR)
    return "█" * full + "░" * (BAR - full)


def why(line: Line) -> str:
    """Say what the advice rests on."""
    mine = line.earned
    if mine.advice is Advice.DEMOTE_NOW:
        return f"{mine.serious} serious incidents"
    if mine.advice is Advice.DEMOTE:
        return "it fails more often than it may, or was idle for 60 days"
    if mine.advice is Advice.PROMOTE:
        return "enough evidence for the next tier"
    left = mine.tasks_left
    if left is None:
        return f"{'; '.join(mine.missing)}; at this rate it will not come"
    if not left:
        return "; ".join(mine.missing)
    days = f", {left / line.a_day:,.0f} days" if line.a_day and left / line.a_day >= 1 else ""
    return f"needs {left:,} more clean tasks at today's rate{days}: {'; '.join(mine.missing)}"


def _line(who: Who, tasks: Sequence[Task], history: History, now_ns: int) -> Line:
    tier = tier_of(history[-1][1], who) if history else None
    fell = demotions(history, who)
    since = [task for task in tasks if not fell or task.at_ns >= fell[-1]]
    days = max(1.0, (now_ns - min(task.at_ns for task in tasks)) / NS_PER_DAY)
    return Line(
        who=who,
        earned=earned(since, tier or 0, now_ns=now_ns, attempts=len(fell)),
        is_known=tier is not None,
        a_day=len(tasks) / days,
    )
