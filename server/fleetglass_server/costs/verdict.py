"""A comparison with a bill, for people and for programs."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from fleetglass_server.costs.reasons import money, rounded
from fleetglass_server.costs.reconcile import Amounts, Comparison
from fleetglass_server.costs.table import amount, name
from fleetglass_server.prices.columns import columns

DAYS = 10
LINES = 20


def shown(found: Comparison, *, tolerance: float) -> str:
    blocks = [
        _title(found),
        _table(found, "MODEL", found.by_model, tolerance, limit=LINES),
        _days(found, tolerance),
        "\n".join(_notes(found, tolerance)),
    ]
    return "\n\n".join(block for block in blocks if block)


def records(found: Comparison, *, tolerance: float) -> Iterator[dict[str, Any]]:
    """An object a line; the cells add up to the total."""
    for (day, model), amounts in sorted(found.cells.items()):
        yield _record(found, "cell", amounts) | {"day": day.isoformat(), "model": model}
    for model, amounts in found.by_model.items():
        why = "; ".join(_why(found, amounts, tolerance))
        yield _record(found, "model", amounts) | {"model": model, "why": why}
    yield _record(found, "total", found.total) | {
        "within": found.is_within(tolerance),
        "notes": [*_notes(found, tolerance)],
    }


def _record(found: Comparison, row: str, amounts: Amounts) -> dict[str, Any]:
    unit = "tokens" if found.by_tokens else "usd"
    told = {"billed": amounts.billed, "here": amounts.here, "difference": amounts.difference}
    return {"row": row} | {f"{key}_{unit}": float(value) for key, value in told.items()}


def _title(found: Comparison) -> str:
    days = " to ".join(dict.fromkeys(day.isoformat() for day in found.days))
    whose = f", {', '.join(found.providers)}" if found.providers else ""
    return f"{found.bill} against what was traced, {days} (days of {found.zone}){whose}"


def _table(
    found: Comparison, title: str, parts: Mapping[str, Amounts], tolerance: float, *, limit: int
) -> str:
    digits = 0 if found.by_tokens else 2
    order = sorted(parts, key=lambda key: (-abs(parts[key].difference), key))
    billed = dict(
        zip(order, rounded([parts[key].billed for key in order], digits=digits), strict=True)
    )
    here = dict(zip(order, rounded([parts[key].here for key in order], digits=digits), strict=True))

    def row(label: str, keys: Sequence[str], why: str = "") -> tuple[str, ...]:
        one = Amounts()
        for key in keys:
            one.join(parts[key])
        sums = [sum((side[key] for key in keys), Decimal()) for side in (billed, here)]
        return (label, *_cells(found, one, *sums), why)

    rows = [
        row(name(key, title.lower()), [key], "; ".join(_why(found, parts[key], tolerance)))
        for key in order[:limit]
    ]
    if rest := order[limit:]:
        rows.append(row(f"{len(rest):,} others", rest))
    rows.append(row("TOTAL", order))
    return columns([(title, "BILLED", "HERE", "DIFFERENCE", "", "WHY"), *rows], right=range(1, 5))


def _cells(
    found: Comparison, one: Amounts, billed: Decimal, here: Decimal
) -> tuple[str, str, str, str]:
    difference = here - billed
    share = f"{float(one.difference / one.billed):+.1%}" if one.billed else ""
    if found.by_tokens:
        return f"{billed:,.0f}", f"{here:,.0f}", f"{difference:+,.0f}", share
    return money(billed), money(here), money(difference, sign=True), share


def _rounded_cells(found: Comparison, one: Amounts) -> tuple[str, str, str, str]:
    cents = [
        side.quantize(Decimal(1 if found.by_tokens else "0.01")) for side in (one.billed, one.here)
    ]
    return _cells(found, one, *cents)


def _days(found: Comparison, tolerance: float) -> str:
    limit = Decimal(str(tolerance))
    days = {
        day: amounts
        for day, amounts in found.by_day.items()
        if abs(amounts.difference) > limit * max(amounts.billed, amounts.here)
    }
    if not days or len(found.by_day) == 1:
        return ""
    order = sorted(days, key=lambda day: (-abs(days[day].difference), day))
    rows = [
        (day, *_rounded_cells(found, days[day]), _most(found, day)) for day in sorted(order[:DAYS])
    ]
    head = (f"{len(days):,} DAYS OFF", "BILLED", "HERE", "DIFFERENCE", "", "MOST OF IT")
    return columns([head, *rows], right=range(1, 5))


def _most(found: Comparison, day: str) -> str:
    models = {key[1]: one for key, one in found.cells.items() if key[0].isoformat() == day}
    if set(models) == {""}:
        return ""
    return name(max(models, key=lambda model: abs(models[model].difference)), "model")


def _why(found: Comparison, one: Amounts, tolerance: float) -> Iterator[str]:
    if not one.here and one.unpriced:
        yield f"{one.unpriced:,} calls have no price here"
        return
    if not one.billed or not one.here:
        yield "only here" if one.here else "only on the bill"
        return
    limit = Decimal(str(tolerance))
    if one.unpriced:
        yield f"{one.unpriced:,} calls have no price here"
    if abs(one.difference) <= limit * one.billed:
        return
    if found.has_tokens and not found.by_tokens and one.tokens and one.billed_tokens:
        yield from _tokens_or_price(one, tolerance)
    if one.here < one.billed and one.failed:
        yield f"{one.failed:,} calls failed: these may be billed, and their retries"


def _tokens_or_price(one: Amounts, tolerance: float) -> Iterator[str]:
    if abs(one.tokens - one.billed_tokens) > tolerance * one.billed_tokens:
        yield f"tokens: {amount(one.billed_tokens)} billed, {amount(one.tokens)} here"
    billed = float(one.billed) / one.billed_tokens * 1e6
    here = float(one.here) / one.tokens * 1e6
    if abs(here - billed) > tolerance * billed:
        yield f"price: ${billed:,.3g} billed, ${here:,.3g} here a million"


def _notes(found: Comparison, tolerance: float) -> Iterator[str]:
    total = found.total
    within = found.is_within(tolerance)
    yield (
        f"Total and models are within {_share(tolerance)} of the bill."
        if within
        else f"They differ by more than {_share(tolerance)} of the bill."
    )
    if total.unpriced:
        yield f"{total.unpriced:,} calls have no price here: fleetglass prices --unknown"
    if found.better_zone:
        yield f"The days go together better with --bill-timezone {found.better_zone}."
    if found.left_out:
        yield f"Left out here: {money(found.left_out)} of other providers."
    if not within and total.difference < 0:
        yield (
            "What is billed and not here: calls that were not traced, retries within a client, "
            "spans that are still to come or are no longer kept."
        )


def _share(tolerance: float) -> str:
    return f"{tolerance * 100:.3g}%"
