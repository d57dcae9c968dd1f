"""The SDK raises into an agent only by a guard that was asked for."""

import asyncio
import contextvars
import logging
import time
from typing import Any

import pytest
from kit.stack import eventually

import fleetglass
from fleetglass import Budget, ConfigurationError, annotate, step, tool
from fleetglass._directives import Directive, Directives
from fleetglass._fleet import current
from fleetglass._identity import Identity
from fleetglass.testing import Fleet


@pytest.mark.parametrize(
    "limits",
    [{"usd": "0.001"}, {"tokens": True}, {"seconds": -1}, {"steps": float("nan")}, {"dollars": 1}],
)
def test_a_budget_that_makes_no_sense_is_refused_where_it_is_made(limits: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(limits))):
        Budget(**limits)


def test_a_budget_names_the_limits_that_there_are() -> None:
    with pytest.raises(ConfigurationError, match="no limit dollars.*usd, tokens, steps, seconds"):
        Budget(dollars=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_a_block_may_be_left_in_another_context(
    fleet: Fleet, caplog: pytest.LogCaptureFixture
) -> None:
    block = tool("look")
    contextvars.copy_context().run(block.__enter__)
    other = step("other")
    with other:
        block.__exit__(None, None, None)
        with step("inner"):
            pass

    assert {span.name: span.parent for span in fleet.spans()} == {
        "execute_tool look": "",
        "inner": "other",
        "other": "",
    }
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_one_instrument_in_many_tasks_leaves_each_its_own_block(fleet: Fleet) -> None:
    look = tool("look")

    async def one(number: int) -> None:
        async with look as scope:
            scope.annotate(number=number)
            await asyncio.sleep(0.01 * (5 - number))
            annotate(end=number)

    async def all_of_them() -> None:
        await asyncio.gather(*map(one, range(5)))

    asyncio.run(all_of_them())
    notes = [span.attributes for span in fleet.spans()]
    assert len(notes) == 5
    for note in notes:
        assert note["fleetglass.note.number"] == note["fleetglass.note.end"]


def test_leaving_a_block_twice_raises_nothing(fleet: Fleet) -> None:
    block = tool("look")
    with block:
        pass
    block.__exit__(None, None, None)

    assert len(fleet.spans()) == 1


class Unreadable:
    def __repr__(self) -> str:
        raise RuntimeError


def test_notes_are_bounded_and_harmless(fleet: Fleet) -> None:
    with step("work"):
        annotate(long="x" * 1_000_000, broken=Unreadable(), half="\ud800")

    (span,) = fleet.spans()
    assert len(span.attributes["fleetglass.note.long"]) == 16_384
    assert span.attributes["fleetglass.note.broken"] == "<unreadable>"
    assert span.attributes["fleetglass.note.half"] == "?"


def test_a_throttled_block_does_not_stop_the_event_loop(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    throttle = Directive(action="throttle", agent="slow", every_s=50.0)
    directives = Directives(lambda: [throttle])
    monkeypatch.setattr(current(), "directives", directives)
    eventually(lambda: directives.of(Identity(agent="slow")) == throttle)

    async def slow() -> None:
        with tool("look"), tool("look"):
            pass

    with fleetglass.run("slow"):
        asyncio.run(slow())
    assert slept == []

    with fleetglass.run("slow"), tool("look"):
        pass
    assert len(slept) == 2
    directives.close()
