"""A run stops where its author asks for it, and nowhere else."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable

import pytest
from kit.stack import eventually

import fleetglass
from fleetglass import Budget, BudgetExceeded, ConfigurationError, Halted, tool
from fleetglass._directives import Directive, Directives
from fleetglass._guard import check
from fleetglass._identity import Identity
from fleetglass._run import Run, run_of
from fleetglass.testing import Fleet, recording


@tool
def act() -> None: ...


def spend(tokens: int, usd: float = 0.0) -> None:
    with fleetglass.llm_call("m") as call:
        call.usage(input=tokens, cost=usd)


def steps_until_stopped(budget: Budget, work: Callable[[], None]) -> tuple[int, str]:
    done = 0
    try:
        with fleetglass.run("a", budget=budget):
            for _ in range(100):
                work()
                done += 1
    except BudgetExceeded as stopped:
        return done, stopped.resource
    return done, "nothing"


@pytest.mark.parametrize(
    ("budget", "work", "steps", "resource"),
    [
        (Budget(steps=3), act, 3, "steps"),
        (Budget(tokens=25), lambda: spend(10), 3, "tokens"),
        (Budget(usd=0.25), lambda: spend(1, 0.1), 3, "usd"),
        (Budget(seconds=0), act, 0, "seconds"),
    ],
)
def test_a_run_stops_at_the_step_after_its_budget(
    fleet: Fleet, budget: Budget, work: Callable[[], None], steps: int, resource: str
) -> None:
    assert steps_until_stopped(budget, work) == (steps, resource)


def test_the_use_of_nested_agents_counts(fleet: Fleet) -> None:
    def delegate() -> None:
        with fleetglass.run("below"):
            spend(10)

    assert steps_until_stopped(Budget(tokens=25), delegate) == (3, "tokens")


def test_depth_and_fan_out_are_limited(fleet: Fleet) -> None:
    def dive(levels: int) -> None:
        with fleetglass.run("diver", budget=Budget(depth=3)):
            if levels > 1:
                dive(levels - 1)

    dive(3)
    with pytest.raises(BudgetExceeded, match="depth of 3"):
        dive(4)

    def delegate() -> None:
        with fleetglass.run("below"):
            pass

    assert steps_until_stopped(Budget(fan_out=2), delegate) == (2, "fan_out")


def test_suppressing_exception_does_not_suppress_a_budget_stop(fleet: Fleet) -> None:
    done: list[int] = []

    def careless() -> None:
        with contextlib.suppress(Exception):
            act()
            done.append(1)

    assert steps_until_stopped(Budget(steps=2), careless) == (2, "steps")
    assert len(done) == 2


def test_a_warning_is_logged_once(fleet: Fleet, caplog: pytest.LogCaptureFixture) -> None:
    budget = Budget(steps=1, on_exceeded="warn")
    with caplog.at_level(logging.WARNING), fleetglass.run("a", budget=budget):
        for _ in range(5):
            act()

    assert [record.message for record in caplog.records] == ["'a' has used 1 steps of 1"]


def test_on_exceeded_is_called_once_and_may_raise_any_error(fleet: Fleet) -> None:
    calls: list[BudgetExceeded] = []
    with fleetglass.run("a", budget=Budget(steps=1, on_exceeded=calls.append)):
        for _ in range(5):
            act()
    assert [error.resource for error in calls] == ["steps"]

    class Mine(Exception):
        pass

    def stop(error: BudgetExceeded) -> None:
        raise Mine

    with pytest.raises(Mine), fleetglass.run("a", budget=Budget(steps=0, on_exceeded=stop)):
        act()


@pytest.mark.parametrize("limits", [{"usd": -1}, {"tokens": float("nan")}, {"on_exceeded": "cry"}])
def test_an_invalid_budget_is_refused(limits: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        Budget(**limits)  # type: ignore[arg-type]


def test_counts_are_exact_from_many_threads(fleet: Fleet) -> None:
    with fleetglass.run("a", budget=Budget(steps=10**9)):
        threads = [threading.Thread(target=lambda: [act() for _ in range(100)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        run = run_of()

        assert run
        assert run.steps == 800


IDENTITY = Identity(agent="a", version="2", cohort="eu")


@pytest.mark.parametrize(
    ("directive", "holds"),
    [
        (Directive(action="halt"), True),
        (Directive(action="halt", agent="a", version="2"), True),
        (Directive(action="halt", cohort="eu"), True),
        (Directive(action="halt", agent="b"), False),
        (Directive(action="halt", agent="a", version="3"), False),
    ],
)
def test_a_directive_holds_for_the_agents_that_it_names(directive: Directive, holds: bool) -> None:
    assert directive.holds_for(IDENTITY) is holds


def test_a_halt_overrides_a_throttle_until_it_is_lifted() -> None:
    active = [Directive(action="throttle", every_s=9), Directive(action="halt", reason="spend")]
    directives = Directives(lambda: list(active))
    run = Run(IDENTITY, {})

    eventually(lambda: directives.of(IDENTITY) == active[1])
    with pytest.raises(Halted, match="spend"):
        check(run, directives)
    active.clear()
    eventually(lambda: directives.of(IDENTITY) is None)
    directives.close()

    assert check(run, directives) == 0.0


def test_an_agent_below_a_halted_agent_is_halted() -> None:
    directives = Directives(lambda: [Directive(action="halt", agent="a")])
    helper = Run(Identity(agent="helper"), {}, parent=Run(IDENTITY, {}))

    eventually(lambda: directives.of(IDENTITY) is not None)

    with pytest.raises(Halted, match="'a' is halted"):
        check(helper, directives)
    directives.close()


def test_tokens_count_when_the_price_function_fails() -> None:
    def price(provider: str, model: str, tokens: object) -> float:
        raise RuntimeError("no")

    with recording(price=price):
        assert steps_until_stopped(Budget(tokens=25), lambda: spend(10)) == (3, "tokens")


def test_a_throttle_spaces_the_steps() -> None:
    slow = Directive(action="throttle", every_s=5)
    directives = Directives(lambda: [slow])

    waits = [directives.turn(slow) for _ in range(3)]

    assert [round(wait) for wait in waits] == [0, 5, 10]


def test_an_unreachable_collector_stops_nobody() -> None:
    def fetch() -> list[Directive]:
        raise OSError("no route")

    directives = Directives(fetch)

    assert directives.of(IDENTITY) is None
    directives.close()


@pytest.mark.parametrize(
    ("directive", "until", "holds"),
    [
        ("halt", 0, True),
        ("halt", 2_000, True),
        ("halt", 500, False),
        ("throttle", 0, False),
    ],
)
def test_a_halt_outlives_the_collector_and_a_throttle_does_not(
    directive: str, until: float, holds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [[Directive(action=directive, every_s=5, until=until)]]

    def fetch() -> list[Directive]:
        if answers:
            return answers.pop()
        raise OSError("no route")

    directives = Directives(fetch)
    eventually(lambda: directives.of(IDENTITY) is not None or until == 500 and not answers)
    long_after = time.monotonic() + 3_600
    monkeypatch.setattr("fleetglass._directives.time.monotonic", lambda: long_after)
    monkeypatch.setattr("fleetglass._directives.time.time_ns", lambda: 1_000_000_000_000)

    assert (directives.of(IDENTITY) is not None) is holds
    directives.close()


def test_directives_are_not_fetched_when_switched_off() -> None:
    before = {*threading.enumerate()}
    with recording() as fleet:
        act()

    assert len(fleet.spans()) == 1
    # An earlier test may have left a thread that is about to end.
    names = {thread.name for thread in {*threading.enumerate()} - before}
    assert "fleetglass-directives" not in names
