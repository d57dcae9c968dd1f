"""A hard budget stops whom it may, once, until its period ends; and people have the last word."""

from dataclasses import replace

from kit.budget_ledgers import HALT, MIDNIGHT, NOON, Told, Watched, budget

from fleetglass_detectors.budgets.declared import Hard, Per, Scope
from fleetglass_detectors.budgets.directives import Order, decide

END = MIDNIGHT + 86_400
REFUNDS = Scope(tenant="default", agent="refunds")
SLOW = Hard(action="throttle", every_s=30.0)
ORDER = Order(scope=REFUNDS, by="fleetglass budget b", hard=HALT, until=END, reason="spent")


def spent(*, hard: Hard | None = HALT, per: Per = Per.DAY, **scope: str) -> Watched:
    watched = Watched([budget(50, per, hard=hard, **(scope or {"agent": "refunds"}))])
    watched.book.spend(60, NOON - 9000, **(scope or {"agent": "refunds"}))
    return watched


def actions(watched: Watched) -> list[tuple[str, str]]:
    return [(scope, action) for scope, action, _ in watched.told.written]


def test_a_soft_budget_writes_nothing() -> None:
    watched = spent(hard=None)

    assert watched.look(NOON)
    assert watched.told.written == []


def test_a_hard_one_is_told_once_until_the_period_ends() -> None:
    watched = spent()
    for second in range(0, 600, 5):
        watched.look(NOON + second)

    assert actions(watched) == [("agent refunds of tenant default", "halt")]
    (row,) = watched.told.rows
    assert (row.ends, row.by) == (END, "fleetglass budget agent refunds per day")


def test_each_tenant_that_spent_is_told_and_new_ones_as_they_come() -> None:
    watched = spent(cohort="eu")
    watched.book.whose = ["acme", "globex"]
    watched.look(NOON)
    watched.book.whose = ["acme", "globex", "initech"]
    watched.look(NOON + 10)

    assert actions(watched) == [
        (f"cohort eu of tenant {tenant}", "halt") for tenant in ("acme", "globex", "initech")
    ]


def test_only_its_own_tenant_is_told() -> None:
    watched = spent(tenant="acme")
    watched.look(NOON)

    assert actions(watched) == [("tenant acme", "halt")]


def test_what_somebody_resumes_is_not_told_again_in_this_period() -> None:
    watched = spent()
    watched.look(NOON)
    watched.told.say(REFUNDS, "resume", by="ann")
    (last,) = [watched.look(NOON + second) for second in range(60, 900, 60)][-1]
    watched.book.spend(60, END + 60, agent="refunds")
    watched.look(END + 120)

    assert [action for _, action in actions(watched)] == ["halt", "resume", "halt"]
    assert "ann changed it" in str(last.evidence["directives"])


def test_what_somebody_said_instead_is_left_alone() -> None:
    watched = spent()
    watched.look(NOON)
    watched.told.say(REFUNDS, "throttle", by="ann", every_s=5)
    watched.look(NOON + 60)

    assert [action for _, action in actions(watched)] == ["halt", "throttle"]


def test_an_older_word_of_somebody_is_enough_where_it_is_as_strict() -> None:
    told = Told(clock=NOON)
    told.say(REFUNDS, "halt", by="ann")
    assert decide([ORDER], told.past(), NOON).in_force == (ORDER,)

    slower = Told(clock=NOON)
    slower.say(REFUNDS, "throttle", by="ann", every_s=5)
    assert decide([ORDER], slower.past(), NOON).new == (ORDER,)


def test_the_strictest_of_several_budgets_holds() -> None:
    told = Told(clock=NOON)
    told.say(REFUNDS, "halt", by="fleetglass budget month", ends=END + 86_400)
    throttle = replace(ORDER, hard=SLOW)

    assert decide([throttle], told.past(), NOON).new == ()
    assert decide([ORDER], told.past(), NOON).in_force == (ORDER,)


def test_when_a_stricter_one_has_ended_the_other_is_told_again() -> None:
    told = Told(clock=NOON)
    throttle = replace(ORDER, hard=SLOW)
    told.give([throttle])
    told.say(REFUNDS, "halt", by="fleetglass budget hour", ends=NOON + 3600)

    assert decide([throttle], told.past(), NOON + 60).new == ()
    assert decide([throttle], told.past(), NOON + 3601).new == (throttle,)


def test_a_period_that_is_over_is_told_to_nobody() -> None:
    """Behind by a day, after a stop, it says what happened and stops nobody for it."""
    watched = spent()
    watched.told.now = lambda: END + 60  # type: ignore[method-assign]

    assert watched.look(NOON)
    assert watched.told.written == []


def test_a_correction_of_prices_lifts_it_and_a_dip_does_not() -> None:
    watched = spent()
    watched.look(NOON)
    watched.book.spend(-20, NOON - 9000, agent="refunds")
    for second in range(5, 60, 5):
        watched.look(NOON + second)
    assert [action for _, action in actions(watched)] == ["halt"]
    watched.look(NOON + 70)
    assert [action for _, action in actions(watched)] == ["halt", "resume"]

    watched.book.spend(20, NOON + 90, agent="refunds")
    watched.look(NOON + 120)
    assert [action for _, action in actions(watched)] == ["halt", "resume", "halt"]


def test_one_that_is_hard_no_more_lifts_what_it_told() -> None:
    watched = spent()
    watched.look(NOON)
    other = Watched([budget(50, agent="refunds")], told=watched.told)
    other.book.spend(60, NOON - 9000, agent="refunds")
    for second in range(5, 90, 5):
        other.look(NOON + second)

    assert [action for _, action in actions(watched)] == ["halt", "resume"]


def test_what_people_told_is_never_lifted() -> None:
    watched = Watched([budget(50, hard=HALT)])
    watched.told.say(REFUNDS, "halt", by="ann")
    for second in range(0, 300, 5):
        watched.look(NOON + second)

    assert [action for _, action in actions(watched)] == ["halt"]


def test_the_reason_names_the_numbers() -> None:
    watched = spent()
    watched.look(NOON)

    assert watched.told.reasons == [
        "budget 'agent refunds per day': $60.00 of $50.00 a day is spent; until Sep 24, 00:00 UTC"
    ]
