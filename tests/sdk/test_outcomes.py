"""A run that was cut short is told apart from one that succeeded and from one that failed."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import trio

import fleetglass
from fleetglass import agent, llm_call, run, step, tool
from fleetglass.testing import Fleet, Recorded

BLOCKS = {
    "agent": lambda: agent("a"),
    "run": lambda: run("a"),
    "tool": lambda: tool("t"),
    "step": lambda: step("s"),
    "llm": lambda: llm_call("m"),
}
RUNS = ("agent", "run")


class Boom(Exception):
    pass


def told(span: Recorded) -> tuple[bool, object, object]:
    attributes = span.attributes
    return span.failed, attributes.get("error.type"), attributes.get("fleetglass.outcome")


@pytest.mark.parametrize("kind", BLOCKS)
@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (asyncio.CancelledError(), "cancelled"),
        (KeyboardInterrupt(), "interrupted"),
        (SystemExit("no config"), "interrupted"),
        (BaseExceptionGroup("", [asyncio.CancelledError(), asyncio.CancelledError()]), "cancelled"),
    ],
)
def test_a_run_that_is_cut_short_is_an_error_and_a_step_is_not(
    fleet: Fleet, kind: str, error: BaseException, outcome: str
) -> None:
    block: AbstractContextManager[object] = BLOCKS[kind]()
    with pytest.raises(type(error)) as caught, block:
        raise error

    assert caught.value is error
    is_run = kind in RUNS
    name = type(error).__name__ if is_run else None
    assert [told(span) for span in fleet.spans()] == [(is_run, name, outcome)]


@pytest.mark.parametrize("kind", BLOCKS)
@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (GeneratorExit(), "abandoned"),
        (SystemExit(), "interrupted"),
        (SystemExit(0), "interrupted"),
    ],
)
def test_a_reader_that_has_enough_and_a_clean_exit_are_no_errors(
    fleet: Fleet, kind: str, error: BaseException, outcome: str
) -> None:
    block: AbstractContextManager[object] = BLOCKS[kind]()
    with pytest.raises(type(error)), block:
        raise error

    assert [told(span) for span in fleet.spans()] == [(False, None, outcome)]


def test_a_group_with_a_failure_in_it_is_a_failure(fleet: Fleet) -> None:
    with pytest.raises(BaseExceptionGroup), agent("a"):
        raise BaseExceptionGroup("", [asyncio.CancelledError(), Boom()])

    assert [told(span) for span in fleet.spans()] == [(True, "BaseExceptionGroup", None)]


@agent("slow")
async def slow(sleep: Callable[[float], Any]) -> None:
    async with tool("wait"):
        await sleep(60)


def test_a_run_that_takes_too_long_is_no_success(fleet: Fleet) -> None:
    async def main() -> None:
        await asyncio.wait_for(slow(asyncio.sleep), 0.01)

    with pytest.raises(TimeoutError):
        asyncio.run(main())

    waited, ran = fleet.spans()
    assert told(waited) == (False, None, "cancelled")
    assert told(ran) == (True, "CancelledError", "cancelled")


def test_trio_tells_a_cancelled_run_in_its_own_way(fleet: Fleet) -> None:
    async def main() -> None:
        with trio.move_on_after(0.01):
            await slow(trio.sleep)

    trio.run(main)

    waited, ran = fleet.spans()
    assert told(waited) == (False, None, "cancelled")
    assert told(ran) == (True, "Cancelled", "cancelled")


def test_an_agent_that_streams_may_be_left_early(fleet: Fleet) -> None:
    @agent("words")
    def words() -> Generator[str]:
        yield from ("one", "two")

    @agent("words")
    async def words_async() -> AsyncGenerator[str]:
        yield "one"
        yield "two"

    async def main() -> None:
        stream = words_async()
        assert await anext(stream) == "one"
        await stream.aclose()

    stream = words()
    assert next(stream) == "one"
    stream.close()
    asyncio.run(main())

    assert [told(span) for span in fleet.spans()] == [(False, None, "abandoned")] * 2


def test_an_agent_that_streams_and_is_cancelled_inside_is_no_success(fleet: Fleet) -> None:
    @agent("words")
    async def words() -> AsyncGenerator[str]:
        yield "one"
        await asyncio.sleep(60)
        yield "two"

    async def main() -> None:
        async with asyncio.timeout(0.01):
            async for _ in words():
                pass

    with pytest.raises(TimeoutError):
        asyncio.run(main())

    assert [told(span) for span in fleet.spans()] == [(True, "CancelledError", "cancelled")]


def test_a_halted_run_says_that_it_was_stopped(fleet: Fleet) -> None:
    with pytest.raises(fleetglass.Halted), agent("a"):
        raise fleetglass.Halted("a", "pays twice")

    assert [told(span) for span in fleet.spans()] == [(True, "Halted", "stopped")]
