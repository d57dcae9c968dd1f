"""One cause for what moved together, and two for what did not."""

from decimal import Decimal

from fleetglass_detectors.cost.causes import causes, causes_of_shares, changes
from fleetglass_detectors.cost.ledger import Cell, Key
from fleetglass_detectors.cost.usage import Usage


def cell(agent: str, cohort: str, model: str, usd: str) -> Cell:
    usage = Usage(runs=10, calls=10, cost=Decimal(usd))
    return Cell(agent=agent, cohort=cohort, model=model, usage=usage, most_expensive=())


def key(about: str, name: str) -> Key:
    return Key(tenant="acme", about=about, name=name)


BEFORE = [
    cell("refunds", "eu", "gpt-4o", "10"),
    cell("search", "eu", "gpt-4o", "10"),
    cell("triage", "us", "mini", "10"),
]
TENANT, EU, US = key("tenant", "acme"), key("cohort", "eu"), key("cohort", "us")
BIG, REFUNDS, SEARCH = key("model", "gpt-4o"), key("agent", "refunds"), key("agent", "search")
TRIAGE = key("agent", "triage")


def found(keys: list[Key], after: list[Cell], *, up: bool = True) -> list[Key]:
    return [cause.key for cause in causes(keys, changes(BEFORE, after), up=up)]


def test_an_agent_with_rising_cost_explains_its_cohort_model_and_tenant() -> None:
    after = [cell("refunds", "eu", "gpt-4o", "40"), *BEFORE[1:]]
    (cause,) = causes([TENANT, BIG, EU, REFUNDS], changes(BEFORE, after), up=True)

    assert cause.key == REFUNDS
    assert {*cause.explains} == {TENANT, BIG, EU}


def test_a_model_with_rising_cost_explains_its_agents() -> None:
    """Cohort and model are the same runs here; which of the two is not to be told apart."""
    before = [*BEFORE, cell("triage", "eu", "mini", "10")]
    after = [
        cell("refunds", "eu", "gpt-4o", "20"),
        cell("search", "eu", "gpt-4o", "20"),
        *before[2:],
    ]
    told = causes([TENANT, BIG, EU, REFUNDS, SEARCH], changes(before, after), up=True)

    assert [cause.key for cause in told] == [BIG]


def test_two_causes_are_two() -> None:
    after = [
        cell("refunds", "eu", "gpt-4o", "30"),
        cell("search", "eu", "gpt-4o", "10"),
        cell("triage", "us", "mini", "30"),
    ]

    assert found([REFUNDS, TRIAGE], after) == [REFUNDS, TRIAGE]
    assert {*found([REFUNDS, TRIAGE, EU, US], after)} == {REFUNDS, TRIAGE}


def test_a_fall_has_its_cause_too() -> None:
    after = [cell("refunds", "eu", "gpt-4o", "2"), *BEFORE[1:]]

    assert found([TENANT, EU, REFUNDS], after, up=False) == [REFUNDS]


def test_a_share_that_shifted_furthest_explains_what_it_is_a_part_of() -> None:
    cells = changes(BEFORE, BEFORE)
    told = causes_of_shares({TENANT: 0.1, EU: 0.3, BIG: 0.3, REFUNDS: 0.6, TRIAGE: 0.2}, cells)

    assert [(one.key, {*one.explains}) for one in told] == [
        (REFUNDS, {TENANT, EU, BIG}),
        (TRIAGE, set()),
    ]


def test_without_any_excess_each_stands_for_itself() -> None:
    """Where sums say nothing, what was noticed is still told."""
    assert {*found([REFUNDS, TRIAGE], BEFORE)} == {REFUNDS, TRIAGE}
    assert found([REFUNDS], []) == [REFUNDS]
