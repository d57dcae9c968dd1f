"""A decorated function works as before for its callers, and each call is a span."""

import asyncio
import functools
import gc
import inspect
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import pytest

import fleetglass
from fleetglass import ConfigurationError, agent, step, tool
from fleetglass.testing import Fleet, Recorded

DECORATORS = [agent, tool, step, agent("a"), tool("t"), step("s")]


class Boom(Exception):
    pass


def only(fleet: Fleet) -> Recorded:
    (span,) = fleet.spans()
    return span


@pytest.mark.parametrize("decorator", DECORATORS)
def test_the_signature_the_name_and_the_docstring_survive(decorator: Callable[..., Any]) -> None:
    def f(a: int, /, b: str = "x", *c: int, d: bool, **e: int) -> float:
        """A docstring."""
        return 1.0

    decorated = decorator(f)

    assert inspect.signature(decorated) == inspect.signature(f)
    assert (decorated.__name__, decorated.__doc__) == ("f", "A docstring.")
    assert decorated.__wrapped__ is f


@pytest.mark.parametrize("decorator", DECORATORS)
def test_each_kind_of_function_keeps_its_kind(decorator: Callable[..., Any]) -> None:
    async def coroutine() -> None: ...
    def generator() -> Generator[int]:
        yield 1

    async def async_generator() -> AsyncGenerator[int]:
        yield 1

    assert inspect.iscoroutinefunction(decorator(coroutine))
    assert inspect.isgeneratorfunction(decorator(generator))
    assert inspect.isasyncgenfunction(decorator(async_generator))


def test_a_call_is_a_span_with_arguments_and_result(fleet: Fleet) -> None:
    @tool("pay", action="payment", amount="$.order.total", reversible=False)
    def pay(order: dict[str, float], *more: int, note: str = "") -> str:
        return "done"

    assert pay({"total": 12.5}, 1, 2, note="n") == "done"

    assert only(fleet).name == "execute_tool pay"
    assert dict(only(fleet).attributes) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "pay",
        "gen_ai.tool.call.arguments": '{"order": {"total": 12.5}, "args": [1, 2], "note": "n"}',
        "gen_ai.tool.call.result": "done",
        "fleetglass.action": "payment",
        "fleetglass.action.amount": 12.5,
        "fleetglass.action.reversible": False,
    }


def test_methods_of_every_kind_work_also_in_subclasses(fleet: Fleet) -> None:
    class Base:
        @tool
        def method(self, x: int) -> int:
            return x

        @tool
        @classmethod
        def of_class(cls, x: int) -> str:
            return f"{cls.__name__}{x}"

        @staticmethod
        @tool
        def static(x: int) -> int:
            return x

    class Derived(Base):
        @tool
        def method(self, x: int) -> int:
            return super().method(x) + 1

    assert Derived().method(1) == 2
    assert (Derived.of_class(1), Derived().of_class(2)) == ("Derived1", "Derived2")
    assert Derived.static(3) == 3
    arguments = [span.attributes["gen_ai.tool.call.arguments"] for span in fleet.spans()]
    assert arguments == ['{"x": 1}', '{"x": 1}', '{"x": 1}', '{"x": 2}', '{"x": 3}']
    assert fleet.spans()[0].parent == "execute_tool method"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Boom("no"), None),
        (KeyboardInterrupt(), "interrupted"),
        (SystemExit(2), "interrupted"),
        (asyncio.CancelledError(), "cancelled"),
    ],
)
def test_an_exception_passes_through_unchanged(
    fleet: Fleet, error: BaseException, outcome: str | None
) -> None:
    @step
    def f() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        f()

    assert caught.value is error
    assert only(fleet).failed == (outcome is None)
    assert only(fleet).attributes.get("fleetglass.outcome") == outcome
    assert only(fleet).attributes.get("error.type") == (None if outcome else "Boom")


def test_spans_in_a_coroutine_have_it_as_parent(fleet: Fleet) -> None:
    @step
    async def inner(x: int) -> int:
        await asyncio.sleep(0)
        return x

    @agent("outer")
    async def outer() -> tuple[int, int]:
        return await asyncio.gather(inner(1), inner(2))

    assert list(asyncio.run(outer())) == [1, 2]
    assert [span.parent for span in fleet.spans()] == ["invoke_agent outer"] * 2 + [""]
    assert {span.agent for span in fleet.spans()} == {"outer"}


def test_a_cancelled_task_is_not_a_failure(fleet: Fleet) -> None:
    @step
    async def waits() -> None:
        await asyncio.sleep(60)

    async def fails() -> None:
        await asyncio.sleep(0)
        raise Boom

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(waits())
            group.create_task(fails())

    with pytest.raises(ExceptionGroup):
        asyncio.run(main())

    assert not only(fleet).failed
    assert only(fleet).attributes["fleetglass.outcome"] == "cancelled"


def test_a_generator_accepts_send_and_throw_and_leaks_no_context(fleet: Fleet) -> None:
    @step
    def inside() -> None: ...

    @step
    def outside() -> None: ...

    @agent("counter")
    def counter() -> Generator[int, str, str]:
        inside()
        try:
            received = yield 1
        except Boom:
            received = "boom"
        yield 2
        return received

    generator = counter()
    assert next(generator) == 1
    outside()
    assert generator.throw(Boom()) == 2
    with pytest.raises(StopIteration) as stop:
        generator.send("x")

    assert stop.value.value == "boom"
    parents = {span.name: span.parent for span in fleet.spans()}
    assert parents == {"inside": "invoke_agent counter", "outside": "", "invoke_agent counter": ""}


def test_an_abandoned_generator_ends_its_span(fleet: Fleet) -> None:
    closed: list[bool] = []

    @step
    def numbers() -> Generator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    for _ in numbers():
        break
    gc.collect()

    assert closed == [True]
    assert only(fleet).attributes["fleetglass.outcome"] == "abandoned"
    assert not only(fleet).failed


def test_a_generator_that_never_starts_makes_no_span(fleet: Fleet) -> None:
    @step
    def numbers() -> Generator[int]:
        yield 1

    numbers().close()

    assert fleet.spans() == []


def test_an_async_generator_may_end_stop_early_or_fail(fleet: Fleet) -> None:
    @step
    async def numbers(fail: bool) -> AsyncGenerator[int, str]:
        received = yield 1
        assert received is None or received == "x"
        if fail:
            raise Boom
        yield 2

    async def main() -> None:
        assert [number async for number in numbers(False)] == [1, 2]
        async for _ in numbers(False):
            break
        # The event loop closes the generator in another task.
        gc.collect()
        await asyncio.sleep(0.01)
        started = numbers(False)
        assert await anext(started) == 1
        assert await started.asend("x") == 2
        await started.aclose()
        with pytest.raises(Boom):
            _ = [number async for number in numbers(True)]

    asyncio.run(main())

    outcomes = [span.attributes.get("fleetglass.outcome") for span in fleet.spans()]
    assert sorted(map(str, outcomes)) == ["None", "None", "abandoned", "abandoned"]
    assert [span.failed for span in fleet.spans()].count(True) == 1


def test_partials_lambdas_and_callable_objects_can_be_decorated(fleet: Fleet) -> None:
    class Called:
        async def __call__(self, x: int) -> int:
            return x

    assert tool("p")(functools.partial(max, 1))(2) == 2
    to_text: Callable[[int], str] = lambda x: str(x)  # noqa: E731
    assert tool("l")(to_text)(3) == "3"
    assert asyncio.run(tool("o")(Called())(4)) == 4
    assert [span.attributes["gen_ai.tool.name"] for span in fleet.spans()] == ["p", "l", "o"]


def test_recursive_calls_are_a_chain_of_spans(fleet: Fleet) -> None:
    @agent
    def down(n: int) -> int:
        return n and down(n - 1)

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    try:
        assert down(1000) == 0
    finally:
        sys.setrecursionlimit(limit)

    assert len(fleet.spans()) == 1001
    assert [span.parent for span in fleet.spans()].count("") == 1


def test_with_blocks_record_the_same_as_decorators(fleet: Fleet) -> None:
    with fleetglass.run("refunds", version="2", run_id="r-1", conversation="c-1") as run:
        assert run.run_id == "r-1"
        with tool("look") as look:
            look.output({"found": 1})
            look.annotate(tries=2)

    tool_span, agent_span = fleet.spans()
    assert tool_span.attributes["gen_ai.tool.call.result"] == '{"found": 1}'
    assert tool_span.attributes["fleetglass.note.tries"] == 2
    assert (tool_span.attributes["fleetglass.run.id"], tool_span.agent) == ("r-1", "refunds")
    assert agent_span.attributes["gen_ai.conversation.id"] == "c-1"


def test_an_exception_in_a_block_fails_its_span(fleet: Fleet) -> None:
    async def main() -> None:
        async with fleetglass.run("a"):
            raise Boom

    with pytest.raises(Boom):
        asyncio.run(main())

    assert only(fleet).failed


@pytest.mark.parametrize("what", [object(), 7, int])
def test_decorating_something_that_is_not_a_function_is_refused(what: Any) -> None:
    with pytest.raises(ConfigurationError, match="functions and methods"):
        tool("x")(what)


def test_an_unreadable_value_breaks_no_call(fleet: Fleet) -> None:
    class Angry:
        def __getattr__(self, name: str) -> Any:
            raise Boom

        def __repr__(self) -> str:
            raise Boom

        def __str__(self) -> str:
            raise Boom

    endless: list[Any] = []
    endless.append(endless)

    @tool
    def f(*args: Any) -> Any:
        return args

    values = (Angry(), endless, {Angry(): 1}, b"\xff", "\ud800", float("nan"), 10**400, type)
    for value in values:
        f(value)

    assert len(fleet.spans()) == len(values)


def test_one_block_object_can_be_open_several_times_at_once(fleet: Fleet) -> None:
    look = tool("look")

    async def one(number: int) -> None:
        async with look as scope:
            await asyncio.sleep(0.01 * (3 - number))
            scope.annotate(number=number)

    async def main() -> None:
        with look:
            await asyncio.gather(*map(one, range(3)))

    asyncio.run(main())

    numbers = [span.attributes.get("fleetglass.note.number") for span in fleet.spans()]
    assert numbers == [2, 1, 0, None]
    assert [span.parent for span in fleet.spans()] == ["execute_tool look"] * 3 + [""]
