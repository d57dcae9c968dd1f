"""The report as people get it, to be pasted into a message."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from fleetglass_server.costs.period import duration_words
from fleetglass_server.costs.reasons import money, rounded
from fleetglass_server.costs.report import Line, Report
from fleetglass_server.prices.columns import columns

# Where a provider's own figure is nearer than that to ours, nothing is said.
NEAR = Decimal("0.01")
NAME_WIDTH = 40
NO_PRICE = "no price known"


def shown(report: Report) -> str:
    if not report.total.is_shown:
        return _nothing(report)
    blocks = [
        _title(report),
        _table(report),
        "\n".join(_why(report)),
        "\n".join(_apart(report)),
        _runs(report),
    ]
    return "\n\n".join(block for block in blocks if block)


def _nothing(report: Report) -> str:
    title = report.period.title
    if report.total.runs:
        runs = report.total.runs
        told = "there was 1 run" if runs == 1 else f"there were {runs:,} runs"
        return f"Nothing was spent in the {title}; {told}."
    return f"No spans in the {title}. 'fleetglass costs --since 7d' looks back further."


def _title(report: Report) -> str:
    where = f", tenant {report.period.tenant}" if report.period.tenant else ""
    length = duration_words(report.period.length)
    title = f"Cost by {report.dimension}, {report.period.title}{where}"
    return f"{title}; change against the {length} before"


def _table(report: Report) -> str:
    every = report.every
    costs = rounded([line.cost for line in every], digits=report.digits)
    changes = rounded([line.change for line in every], digits=report.digits)
    head = (report.dimension.upper(), "COST", "SHARE", "CHANGE", "", "RUNS", "A RUN", "TOKENS")
    tail = ("CACHED", "FAILED", "UNPRICED") if report.unpriced else ("CACHED", "FAILED")
    rows: list[Sequence[str]] = [(*head, *tail)]
    for line, cost, change in zip(every, costs, changes, strict=True):
        rows.append(_row(report, line, cost, change))
    if len(every) > 1:
        sums = (sum(costs, Decimal()), sum(changes, Decimal()))
        rows.append(_row(report, report.total, *sums))
    return columns(rows, right=range(1, len(rows[0])))


def _row(report: Report, line: Line, cost: Decimal, change: Decimal) -> Sequence[str]:
    digits = report.digits
    cells = (
        _name(report, line),
        NO_PRICE if line.has_no_price else money(cost, digits=digits),
        "-" if line.has_no_price else _part(float(line.cost), float(report.total.cost)),
        money(change, digits=digits, sign=True) if line.before or not line.has_no_price else "-",
        _relative(line),
        f"{line.runs:,}" if line is not report.others else "",
        _each(report, line),
        amount(line.tokens),
        _part(line.cached, line.input),
        _part(line.failed, line.calls),
    )
    return (*cells, f"{line.unpriced:,}" if line.unpriced else "-") if report.unpriced else cells


def _name(report: Report, line: Line) -> str:
    if line is report.total:
        return "TOTAL"
    if line is report.others:
        return f"{line.many:,} other{'' if line.many == 1 else 's'}"
    return name(line.key, report.dimension)


def name(key: str, dimension: str) -> str:
    """A key as it is shown: there may be none, or a very long one."""
    if not key:
        return f"(no {dimension})"
    return key if len(key) <= NAME_WIDTH else f"{key[: NAME_WIDTH - 3]}..."


def _relative(line: Line) -> str:
    if not line.before:
        return "new" if line.cost else ""
    return f"{float(line.change / line.before):+.0%}"


def _each(report: Report, line: Line) -> str:
    if not line.runs or not line.cost:
        return ""
    usual = report.total.cost / max(report.total.runs, 1)
    digits = 2 if usual >= 1 else 4 if usual >= NEAR else 6
    return money(line.cost / line.runs, digits=digits)


def _part(part: float, whole: float) -> str:
    if not whole:
        return "-"
    share = part / whole
    return f"{share:.1%}" if 0 < share < 0.1 else f"{share:.0%}"


def amount(number: float) -> str:
    """Tokens, short.

    >>> amount(950), amount(12_345), amount(3_400_000)
    ('950', '12.3k', '3.4M')
    """
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= unit * 0.9995:
            return f"{number / unit:,.1f}{letter}"
    return f"{number:,.0f}"


def _why(report: Report) -> Iterator[str]:
    change = sum((reason.amount for reason in report.reasons), Decimal())
    if not report.reasons:
        return
    told = f" ({_relative(report.total)})" if report.total.before else ""
    yield f"{money(change, digits=report.digits, sign=True)}{told}. Why:"
    signed = [money(reason.amount, digits=report.digits, sign=True) for reason in report.reasons]
    width = max(map(len, signed))
    for reason, text in zip(report.reasons, signed, strict=True):
        yield f"  {text:>{width}}  {reason.words}"
    if report.main:
        dimension, key, share = report.main
        yield f"  {dimension} {name(key, dimension)} alone makes {share:.0%} of it"


def _apart(report: Report) -> Iterator[str]:
    """What the sums leave out, and what others say of them."""
    if report.unpriced:
        calls, models = sum(report.unpriced.values()), len(report.unpriced)
        yield (
            f"{_many(calls, 'call')} of {_many(models, 'model')} "
            f"{'has' if calls == 1 else 'have'} no price and count as nothing: "
            "fleetglass prices --unknown"
        )
    for one in report.reported:
        if abs(one.reported - one.cost) > NEAR * max(one.reported, one.cost):
            yield (
                f"{one.provider or 'a provider'} reported "
                f"{money(one.reported, digits=report.digits)} for {_many(one.calls, 'call')} of "
                f"{name(one.model, 'model')} that cost "
                f"{money(one.cost, digits=report.digits)} here"
            )


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _runs(report: Report) -> str:
    if not report.runs:
        return ""
    head = ("MOST EXPENSIVE RUNS", "COST", "STEPS", "AGENT", "VERDICT")
    rows = [
        (
            run.run,
            money(run.cost, digits=max(4, report.digits)),
            f"{run.steps:,}",
            name(run.agent, "agent"),
            run.verdict or "-",
        )
        for run in report.runs
    ]
    return columns([head, *rows], right=(1, 2))
