"""Turns the findings about budgets into signals."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from fleetglass_detectors.budgets import burn, messages
from fleetglass_detectors.budgets.declared import Budget
from fleetglass_detectors.budgets.finding import NEARLY, Finding
from fleetglass_detectors.budgets.ledger import MOST_RUNS, Run
from fleetglass_detectors.budgets.period import Period
from fleetglass_detectors.budgets.spending import Spending
from fleetglass_detectors.harm import Harm
from fleetglass_detectors.signal import Evidence, Level, Signal
from fleetglass_detectors.subject import Subject

SECOND_NS = 1_000_000_000
FAMILY, DETECTOR = "budget", "budgets"


def signal(
    budget: Budget,
    period: Period,
    finding: Finding,
    now: int,
    *,
    spending: Spending,
    others: Evidence,
    why: Iterable[str],
) -> Signal:
    """Return the signal; `others` and `why` add what is known about runs and directives."""
    over = max(Decimal(0), finding.spent - budget.usd)
    rates = burn.rates_by_window(spending, period, usd=budget.usd, now=now)
    unpriced = spending.unpriced(period.start)
    reasons = [messages.rates(rates), f"forecast by {finding.forecast.basis}"]
    if budget.declared:
        reasons.append(f"declared as {budget.declared}")
    if unpriced:
        reasons.append(f"{unpriced:,} spans have no price and are not counted; they may cost too")
    return _signal(
        budget,
        level=finding.level,
        now=now,
        first_ns=period.start * SECOND_NS,
        ends_ns=period.end * SECOND_NS,
        score=_score(budget, finding),
        harm=Harm(cost=float(over), seconds=now - finding.spent_at if over else 0.0),
        summary=messages.summary(budget, period, finding, now),
        evidence=_numbers(budget, period, finding)
        | {"burn": list(rates), "unpriced": unpriced}
        | others
        | {"why": [*reasons, *why]},
    )


def runs_signal(budget: Budget, runs: Sequence[Run], now: int) -> Signal | None:
    """Return the signal about runs that have spent most of their budget, or all of it."""
    over = [run for run in runs if run.cost >= budget.usd]
    nearly = [run for run in runs if budget.usd > run.cost >= NEARLY * budget.usd]
    nearly = [run for run in nearly if not run.is_over]
    shown = over or nearly
    if not shown:
        return None
    first_ns = min(run.first_ns for run in shown)
    too_much = sum((run.cost - budget.usd for run in over), Decimal(0))
    return _signal(
        budget,
        level=Level.CRITICAL if over else Level.WARNING,
        now=now,
        first_ns=first_ns,
        score=float(shown[0].cost / budget.usd),
        harm=Harm(cost=float(too_much), seconds=max(0.0, now - first_ns / SECOND_NS)),
        summary=_runs_summary(budget, over, nearly),
        evidence={
            "stage": "spent" if over else "nearly",
            "limit": exact(budget.usd),
            "over": len(over),
            "nearly": len(nearly),
            "unpriced": sum(run.unpriced for run in runs),
            "runs": [f"{run.run_id} {exact(run.cost)}" for run in shown[:5]],
            "why": [f"most expensive runs: {messages.runs(shown[:5])}"],
        },
    )


def exact(usd: Decimal) -> str:
    """Return the amount with all its digits, without zeros at the end."""
    return f"{usd.normalize():f}"


def _signal(
    budget: Budget,
    *,
    level: Level,
    now: int,
    first_ns: int,
    ends_ns: int = 0,
    score: float,
    harm: Harm,
    summary: str,
    evidence: Evidence,
) -> Signal:
    subject = Subject(about="budget", name=budget.name, tenant=budget.scope.tenant)
    return Signal(
        family=FAMILY,
        detector=DETECTOR,
        # One kind for all stages: with several, the incident would keep showing the first one.
        kind=f"per {budget.per}",
        level=level,
        run=subject.number,
        subject=subject,
        harm=harm,
        is_declared=True,
        at_ns=now * SECOND_NS,
        first_ns=first_ns,
        ends_ns=ends_ns,
        score=score,
        summary=summary,
        evidence=evidence,
    )


def _score(budget: Budget, finding: Finding) -> float:
    if finding.burn and finding.stage == "burning":
        return finding.burn.long / finding.burn.rule.factor
    if finding.stage == "coming":
        return finding.forecast.likely / float(budget.usd)
    return float(finding.spent / budget.usd)


def _numbers(budget: Budget, period: Period, finding: Finding) -> Evidence:
    expected = finding.forecast
    _, gone, _ = expected.gone
    return {
        "stage": finding.stage,
        "spent": exact(finding.spent),
        "limit": exact(budget.usd),
        "share": round(float(finding.spent / budget.usd), 4),
        "period_ends": _iso(period.end),
        "forecast": round(expected.likely, 2),
        "forecast_low": round(expected.low, 2),
        "forecast_high": round(expected.high, 2),
        "exhausted_at": _iso(finding.spent_at or gone),
        "exhausted_between": [_iso(at) for at in expected.gone[::2]],
        "basis": expected.basis,
    }


def _iso(at: int | None) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}" if at else ""


def _runs_summary(budget: Budget, over: Sequence[Run], nearly: Sequence[Run]) -> str:
    limit = messages.money(budget.usd)
    if not over:
        first = nearly[0]
        also = f", and {len(nearly) - 1} more are near it" if len(nearly) > 1 else ""
        return f"a run has cost {messages.money(first.cost)} of {limit} and goes on{also}"
    count = f"{len(over)} or more" if len(over) >= MOST_RUNS else str(len(over))
    runs = "runs have each" if len(over) > 1 else "run has"
    most = f"the most expensive one {messages.money(over[0].cost)}"
    return f"{count} {runs} cost {limit} or more, {most}"
