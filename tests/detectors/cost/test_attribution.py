"""A change of spend is explained to the cent, whatever there was before and after."""

import doctest
from collections.abc import Iterable
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.cost import cents, factors, phrases
from fleetglass_detectors.cost.attribution import (
    Attribution,
    Key,
    Runs,
    Usage,
    attribute,
    foremost,
    lines,
    parts,
)
from fleetglass_detectors.cost.cents import PRECISION, rounded

CENT = Decimal("0.01")
PICO = Decimal("1e-12")

counts = st.one_of(st.just(0), st.integers(1, 50), st.integers(0, 10**15))
dollars = st.one_of(
    st.just(0),
    st.integers(1, 10**6),  # up to a ten-thousandth of a cent
    st.integers(0, 10**15),
    st.integers(0, 10**25),
).map(lambda pico: Decimal(pico) * PICO)
keys = st.tuples(st.sampled_from(["", "refunds", "triage", "a"]), st.sampled_from(["", "x", "y"]))


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    names = (
        *("runs", "input_tokens", "output_tokens", "cache_read_tokens"),
        *("failed_tokens", "calls", "failed_calls"),
    )
    return Usage(**{name: draw(counts) for name in names}, cost=draw(dollars))


cells = st.dictionaries(keys, usages(), max_size=8)
scales = st.one_of(st.just(1.0), st.floats(1e-3, 1e3))


def used(runs: float, per_run: float, price: float, **more: float) -> Usage:
    """Runs of so many tokens, of so many dollars a million."""
    cost = Decimal(repr(runs * per_run * price / 1e6)).quantize(PICO)
    return Usage(runs=runs, input_tokens=runs * per_run, cost=cost, **more)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum, to the last digit of however large ones."""
    with localcontext(prec=PRECISION):
        return sum(amounts, Decimal())


@given(cells, cells, scales)
def test_effects_add_up_exactly(
    before: dict[Key, Usage], after: dict[Key, Usage], scale: float
) -> None:
    change = attribute(before, after, scale=scale)

    assert total(effect.amount for effect in change.effects) == change.amount
    assert change.after == total(usage.cost for usage in after.values())
    assert total(change.by_factor().values()) == change.amount
    assert total(change.by_group().values()) == change.amount


@given(cells, cells, st.integers(0, 12), st.sampled_from([2, 4]))
def test_what_is_printed_adds_up_to_the_printed_change(
    before: dict[Key, Usage], after: dict[Key, Usage], limit: int, digits: int
) -> None:
    change = attribute(before, after)
    shown = parts(change, limit=limit, digits=digits)

    whole = change.amount.quantize(Decimal(1).scaleb(-digits))
    assert total(part.amount for part in shown) == whole
    assert all(part.amount for part in shown)
    assert len(shown) <= limit + 1
    assert len(lines(change, limit=limit)) <= limit + 1


@given(cells, cells)
def test_a_group_gets_what_it_cost_more(before: dict[Key, Usage], after: dict[Key, Usage]) -> None:
    by_group = attribute(before, after).by_group()

    for group in {key[0] for key in {**before, **after}}:
        spent = [
            sum((usage.cost for key, usage in side.items() if key[0] == group), Decimal())
            for side in (before, after)
        ]
        assert by_group.get(group, 0) == spent[1] - spent[0]


@given(cells, cells)
def test_there_and_back_is_nothing(before: dict[Key, Usage], after: dict[Key, Usage]) -> None:
    there, back = attribute(before, after), attribute(after, before)

    assert there.amount == -back.amount
    assert attribute(before, before).effects == ()


@given(st.lists(dollars.flatmap(lambda d: st.sampled_from([d, -d])), max_size=20))
def test_rounded_amounts_are_near_and_add_up(amounts: list[Decimal]) -> None:
    found = rounded(amounts)

    assert sum(found, Decimal()) == sum(amounts, Decimal()).quantize(CENT)
    pairs = zip(found, amounts, strict=True)
    assert all(abs(shown - amount) < CENT for shown, amount in pairs)


def only(change: Attribution) -> str:
    """The one factor that makes all of it."""
    (factor,) = (name for name, amount in change.by_factor().items() if abs(amount) > PICO * 10)
    return factor


BEFORE: dict[Key, Usage] = {("refunds", "small"): used(100, 3000, 1)}


@pytest.mark.parametrize(
    ("after", "factor"),
    [
        ({("refunds", "small"): used(150, 3000, 1)}, "runs"),
        ({("refunds", "small"): used(100, 9000, 1)}, "tokens"),
        ({("refunds", "small"): used(100, 3000, 2)}, "price"),
        ({("refunds", "large"): used(100, 3000, 10)}, "model"),
        ({**BEFORE, ("triage", "small"): Usage(cost=Decimal(1))}, "new"),
        ({}, "gone"),
        ({("refunds", "small"): used(100, 3000, 0)}, "price"),
        ({("refunds", "small"): Usage(runs=100)}, "tokens"),
    ],
)
def test_what_alone_changed_explains_all(after: dict[Key, Usage], factor: str) -> None:
    assert (
        only(attribute(BEFORE, after, runs=(Runs(total=100), Runs(total=_runs(after))))) == factor
    )


def _runs(cells: dict[Key, Usage]) -> float:
    return max((usage.runs for usage in cells.values()), default=0)


def test_caches_answers_and_retries_are_told_from_prices() -> None:
    base = {"runs": 10, "input_tokens": 1000, "output_tokens": 100}
    sides: dict[str, tuple[Usage, Usage]] = {
        "cache": (
            Usage(**base, cache_read_tokens=1000, cost=Decimal(6)),
            Usage(**base, cost=Decimal(15)),
        ),
        "answers": (
            Usage(runs=10, input_tokens=1000, output_tokens=200, cost=Decimal(20)),
            Usage(runs=10, input_tokens=800, output_tokens=400, cost=Decimal(28)),
        ),
        "retries": (
            Usage(**base, cost=Decimal(15)),
            Usage(
                runs=10,
                input_tokens=2000,
                output_tokens=200,
                failed_tokens=1100,
                cost=Decimal(30),
            ),
        ),
    }

    for factor, (before, after) in sides.items():
        assert only(attribute({("a", "m"): before}, {("a", "m"): after})) == factor


def test_twice_the_runs_on_a_more_expensive_model_are_two_reasons() -> None:
    after = {("refunds", "large"): used(200, 3000, 10)}
    change = attribute(BEFORE, after)

    assert change.by_factor()["model"] == pytest.approx(Decimal("4.39"), abs=CENT)
    assert change.by_factor()["runs"] == pytest.approx(Decimal("1.32"), abs=CENT)
    assert lines(change) == [
        "+$4.38 more expensive model (large 0% -> 100%)",
        "+$1.32 more runs (100 -> 200)",
    ]


def test_lines_say_why_the_largest_first() -> None:
    before = {
        ("refunds", "gpt-4o"): used(80, 3100, 2.5, calls=320),
        ("triage", "mini"): used(40, 1000, 0.15, cache_read_tokens=8000),
    }
    after = {
        ("refunds", "gpt-4o"): used(120, 9800, 2.5, calls=1440, failed_calls=300),
        ("triage", "mini"): used(60, 1000, 0.15, cache_read_tokens=12_000),
        ("digest", "mini"): used(3, 500, 0.15),
    }

    assert lines(attribute(before, after, runs=(Runs(total=120), Runs(total=180)))) == [
        "+$1.71 more tokens per run (refunds on gpt-4o: 3,100 -> 9,800; calls 4 -> 12, "
        "failed 0% -> 21%)",
        "+$0.61 more runs (120 -> 180)",
    ]


def test_a_longer_while_is_no_reason() -> None:
    hour, day = used(10, 100, 5), used(240, 100, 5)

    assert attribute({("a", "m"): hour}, {("a", "m"): day}, scale=24.0).effects == ()


def test_the_key_that_explains_most_is_the_one_that_moved() -> None:
    changes = {
        "agent": {"refunds": (Decimal(1), Decimal(9)), "triage": (Decimal(2), Decimal(3))},
        "model": {"large": (Decimal(1), Decimal(6)), "small": (Decimal(2), Decimal(6))},
        "tenant": {"default": (Decimal(3), Decimal(12))},
    }
    found = foremost(changes)

    assert found
    assert (found.dimension, found.key, found.amount) == ("agent", "refunds", 8)
    assert found.share == pytest.approx(8 / 9)
    assert foremost({"agent": {}}) is None


@pytest.mark.parametrize("module", [cents, factors, phrases])
def test_the_examples_in_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
