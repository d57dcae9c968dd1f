"""What an agent has earned for one class of action, out of the record of its tasks.

A task is a run in which the agent did something of that class. Its record belongs to the agent in
one version with one model and one prompt: what is new starts again. Two things must be shown, each
beyond doubt: that tasks succeed more often than `QUALITY`, and that serious incidents are rarer
than `1 - SAFETY`. One serious incident costs the tier at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fleetglass.autonomy.policy import ACT, ASK, SUGGEST
from fleetglass_detectors.autonomy.earned.demotion import Demotion
from fleetglass_detectors.autonomy.earned.promotion import ALPHA, Promotion

QUALITY, SAFETY = 0.95, 0.99
"""The rate of good tasks, and of tasks without a serious incident, that must be exceeded."""
TOLERANCE = 0.01
"""How far below `QUALITY` the record of one sort of tasks may be."""
LEAST_TASKS = 50
NS_PER_DAY = 86_400 * 10**9
IDLE_DAYS = 60


class Advice(StrEnum):
    PROMOTE = "promote"
    KEEP = "keep"
    DEMOTE = "demote"
    DEMOTE_NOW = "demote now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    at_ns: int
    good: float
    """From 0 (failed) to 1 (went well)."""
    is_serious: bool = False
    """Whether it had a critical incident."""
    stratum: str = ""
    """Sorts of tasks that each must be shown: an easy sort does not speak for a hard one."""
    epoch: str = ""
    """The version, the model and the prompt together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """The advice for one agent and class, with what it rests on."""

    advice: Advice
    tier: int
    tasks: int
    good: float
    serious: int
    quality: Promotion
    safety: Promotion
    demotion: Demotion
    missing: tuple[str, ...]
    """What stands between the agent and the next tier, in words."""
    tasks_left: int | None = None
    """At the rate of its record; None if that will never do."""

    @property
    def progress(self) -> float:
        return min(self.quality.progress, self.safety.progress)


def earned(
    tasks: Iterable[Task], tier: int, *, now_ns: int, attempts: int = 0, quality: float = QUALITY
) -> Earned:
    """Judge a record. `attempts`: how many times the agent's lineage was demoted before.

    Each new try must be convincing at half the chance of luck of the one before.
    """
    ordered = sorted(tasks, key=lambda task: task.at_ns)
    epoch = ordered[-1].epoch if ordered else ""
    current = [task for task in ordered if task.epoch == epoch]
    alpha = ALPHA / 2**attempts
    good = [task.good for task in current]
    safe = [0.0 if task.is_serious else 1.0 for task in current]
    shown = Promotion.of(quality, alpha).after(good)
    safety = Promotion.of(SAFETY, alpha).after(safe)
    demotion = Demotion(tolerated=1 - quality).after(1 - x for x in good)
    missing = [*_missing(current, shown, safety, tier)]
    serious = sum(task.is_serious for task in current)
    is_idle = bool(ordered) and now_ns - ordered[-1].at_ns > IDLE_DAYS * NS_PER_DAY
    return Earned(
        advice=_advice(serious, demotion, missing, tier, is_idle=is_idle),
        tier=tier,
        tasks=len(current),
        good=sum(good) / len(good) if good else 0.0,
        serious=serious,
        quality=shown,
        safety=safety,
        demotion=demotion,
        missing=tuple(missing),
        tasks_left=_left(shown, safety, good, safe),
    )


def _advice(
    serious: int, demotion: Demotion, missing: Sequence[str], tier: int, *, is_idle: bool
) -> Advice:
    if serious and tier > SUGGEST:
        return Advice.DEMOTE_NOW
    if demotion.is_due or (is_idle and tier > ASK):
        return Advice.DEMOTE
    return Advice.KEEP if missing else Advice.PROMOTE


def _missing(
    tasks: Sequence[Task], quality: Promotion, safety: Promotion, tier: int
) -> Iterable[str]:
    if tier >= ACT:
        yield "there is no higher tier"
    if len(tasks) < LEAST_TASKS:
        yield f"{LEAST_TASKS - len(tasks)} more tasks before anything can be said"
    if not quality.is_earned:
        yield f"evidence that more than {quality.p0:.0%} of tasks go well"
    if not safety.is_earned:
        yield f"evidence that serious incidents are rarer than {1 - safety.p0:.0%}"
    for stratum in sorted({task.stratum for task in tasks}):
        part = [task.good for task in tasks if task.stratum == stratum]
        # Each sort alone must at least not speak against it.
        if sum(part) / len(part) < quality.p0 - TOLERANCE and stratum:
            yield f"tasks of the sort {stratum!r} go well in {sum(part) / len(part):.0%} only"


def _left(
    quality: Promotion, safety: Promotion, good: Sequence[float], safe: Sequence[float]
) -> int | None:
    if not good:
        return quality.tasks_left(1.0)
    more = [
        quality.tasks_left(sum(good) / len(good)),
        safety.tasks_left(sum(safe) / len(safe)),
        max(0, LEAST_TASKS - len(good)),
    ]
    known = [count for count in more if count is not None]
    return max(known) if len(known) == len(more) else None
