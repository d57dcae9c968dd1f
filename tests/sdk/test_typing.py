"""Decorated functions and settings have types; mypy and pyright check this file, and it runs."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from dataclasses import fields
from typing import Any, assert_type

from fleetglass import Budget, agent, configure, redact, step, tool
from fleetglass._settings import Given, Settings
from fleetglass.testing import Fleet, recording


@agent
def bare(a: int, /, b: str = "") -> float:
    return a + len(b)


@agent("named", version="1", budget=Budget(steps=3), cadence="30s")
async def named(a: int) -> str:
    return str(a)


@tool(action="x", amount="$.a", reversible=True)
def generator(a: int) -> Generator[int, str, bytes]:
    yield a
    return b""


@step
async def async_generator(a: int) -> AsyncGenerator[int]:
    yield a


class Shop:
    @tool
    def method(self, a: int) -> list[int]:
        return [a]

    @tool("c")
    @classmethod
    def of_class(cls, a: int) -> str:
        return f"{cls.__name__}{a}"

    @step
    @staticmethod
    def static(a: int) -> bytes:
        return bytes(a)


def test_decorated_functions_keep_their_types(fleet: Fleet) -> None:
    assert_type(bare(1, b="x"), float)
    assert_type(generator(1), Generator[int, str, bytes])
    assert_type(async_generator(1), AsyncGenerator[int])
    assert_type(Shop().method(1), list[int])
    assert_type(Shop.of_class(1), str)
    assert_type(Shop.static(1), bytes)
    calls: Callable[[int], Coroutine[Any, Any, str]] = named

    assert calls is named


def test_wrong_calls_are_still_type_errors() -> None:
    # If a type checker accepted one of these lines, it would report the ignore comment as unused.
    def never() -> None:
        bare("x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        bare(1, c=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        Shop().method()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        agent(version=1)  # type: ignore[call-overload]  # pyright: ignore
        configure(servce="s")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        configure(content="some")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        configure(guard="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        recording(endpont="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]

    assert callable(never)


def test_every_setting_has_a_type_and_may_be_given() -> None:
    assert Given.__annotations__.keys() == {field.name for field in fields(Settings)}

    def never() -> None:
        configure(service="s", content="hash", redact=[redact.emails, str.strip], guard=True)
        configure(key=None, baggage=("fleetglass.run.id",), max_queue=5, exit_s=1)
        configure(price=lambda provider, model, tokens: 0.1 if provider else None)

    assert callable(never)
