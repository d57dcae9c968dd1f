"""Puts a span around every call of a function, of any kind. Callers notice no difference.

Each kind is spelled out: what a generator does between two values is its caller's and not ours, so
a context is current only while the function itself runs.
"""

import asyncio
import functools
import inspect
import logging
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from typing import Any, TypeVar, cast

from fleetglass._complaint import once
from fleetglass._errors import ConfigurationError, TierViolation
from fleetglass._requests import Asked, Granted
from fleetglass._scope import Scope
from fleetglass._specs import Call, Spec

log = logging.getLogger("fleetglass")

Function = Callable[..., Any]
F = TypeVar("F")


def wrapped(function: F, spec: Spec) -> F:
    if isinstance(function, staticmethod | classmethod):
        inner = cast("Function", function.__func__)  # pyright: ignore[reportUnknownMemberType]
        return cast("F", type(function)(wrapped(inner, spec)))  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(function, type) or not callable(function):
        raise ConfigurationError(f"only functions and methods can be decorated, not {function!r}")
    name = getattr(function, "__name__", type(function).__name__)
    return cast("F", _kind(function)(function, spec.named(name, _parameters(function))))


def _kind(function: Function) -> Callable[[Function, Spec], Function]:
    # A callable object is of the same kind as the method of its class.
    call = None if inspect.isroutine(function) else vars(type(function)).get("__call__")
    for is_kind, around in (
        (inspect.isasyncgenfunction, _async_generator),
        (inspect.iscoroutinefunction, _coroutine),
        (inspect.isgeneratorfunction, _generator),
    ):
        if is_kind(function) or (call is not None and is_kind(call)):
            return around
    return _function


def _parameters(function: Function) -> Sequence[str]:
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()
    return tuple(parameter.name for parameter in parameters if parameter.kind in positional)


def _function(function: Function, spec: Spec) -> Function:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        scope = open_scope(spec, args, kwargs)
        if scope is None:
            return function(*args, **kwargs)
        try:
            with scope:
                result = function(*args, **kwargs)
        except BaseException as error:
            scope.failed(error)
            raise
        scope.succeeded(result)
        return result

    return call


def _coroutine(function: Function, spec: Spec) -> Function:
    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        scope = await open_scope_async(spec, args, kwargs)
        if scope is None:
            return await function(*args, **kwargs)
        try:
            with scope:
                result = await function(*args, **kwargs)
        except BaseException as error:
            scope.failed(error)
            raise
        scope.succeeded(result)
        return result

    return call


def _generator(function: Function, spec: Spec) -> Function:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        scope = open_scope(spec, args, kwargs)
        generator = cast("Generator[Any, Any, Any]", function(*args, **kwargs))
        if scope is None:
            return (yield from generator)
        try:
            result = yield from _resumed(generator, scope)
        except BaseException as error:
            scope.failed(error)
            raise
        scope.succeeded(result)
        return result

    return call


def _resumed(generator: Generator[Any, Any, Any], scope: Scope) -> Generator[Any, Any, Any]:
    """Do what `yield from` does, in the scope's context while the generator runs."""
    resume: Callable[[], Any] = functools.partial(next, generator)
    while True:
        try:
            with scope:
                value = resume()
        except StopIteration as stop:
            return stop.value  # pyright: ignore[reportUnknownVariableType]
        try:
            sent = yield value
        except GeneratorExit:
            with scope:
                generator.close()
            raise
        except BaseException as error:
            resume = functools.partial(generator.throw, error)
        else:
            resume = functools.partial(generator.send, sent)


def _async_generator(function: Function, spec: Spec) -> Function:
    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        scope = await open_scope_async(spec, args, kwargs)
        generator = cast("AsyncGenerator[Any, Any]", function(*args, **kwargs))
        resume: Callable[[], Any] = generator.__anext__
        try:
            while True:
                try:
                    value = await _in(scope, resume)
                except StopAsyncIteration:
                    break
                try:
                    sent = yield value
                except GeneratorExit:
                    await _in(scope, generator.aclose)
                    raise
                except BaseException as error:
                    resume = functools.partial(generator.athrow, error)
                else:
                    resume = functools.partial(generator.asend, sent)
        except BaseException as error:
            if scope is not None:
                scope.failed(error)
            raise
        if scope is not None:
            scope.succeeded()

    return call


async def _in(scope: Scope | None, resume: Callable[[], Any]) -> Any:
    if scope is None:
        return await resume()
    with scope:
        return await resume()


def open_scope(spec: Spec, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Scope | None:
    call = _admitted(spec)
    if call is None:
        return None
    if wait_s := call.ask():
        _wait(wait_s)
    verdict = _verdict(call, args, kwargs)
    if isinstance(verdict, Asked):
        # A block in async code must not wait for a person: all tasks of its thread would.
        decision = (
            verdict.refused("needs an approval; use 'async with' in async code")
            if _in_async_code()
            else verdict.wait()
        )
        verdict = _decided(call, decision)
    return _scope(call, args, kwargs, verdict)


async def open_scope_async(
    spec: Spec, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Scope | None:
    call = _admitted(spec)
    if call is None:
        return None
    if wait_s := call.ask():
        await _wait_async(wait_s)
    if call.is_held_up:
        verdict = await _in_a_thread(functools.partial(_verdict, call, args, kwargs))
    else:
        verdict = _verdict(call, args, kwargs)
    if isinstance(verdict, Asked):
        verdict = _decided(call, await _in_a_thread(verdict.wait))
    return _scope(call, args, kwargs, verdict)


def _verdict(
    call: Call, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> TierViolation | Asked | None:
    try:
        return call.verdict(args, kwargs)
    except Exception as error:
        once("a call could not be checked against the policy", error)
        return None


def _decided(call: Call, decision: Granted | TierViolation) -> TierViolation | None:
    if isinstance(decision, TierViolation):
        return decision
    call.approved(decision)
    return None


async def _in_a_thread(work: Callable[[], F]) -> F:
    trio: Any = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return cast("F", await trio.to_thread.run_sync(work, abandon_on_cancel=True))
    return await asyncio.to_thread(work)


def _wait(wait_s: float) -> None:
    """Wait, but not in async code: there, all tasks of the thread would stand still."""
    if _in_async_code():
        log.warning(
            "fleetglass: a throttled block in async code does not wait; use 'async with' there"
        )
    else:
        time.sleep(wait_s)


async def _wait_async(wait_s: float) -> None:
    trio: Any = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        await trio.sleep(wait_s)
    else:
        await asyncio.sleep(wait_s)


def _in_async_code() -> bool:
    trio: Any = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return True
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _admitted(spec: Spec) -> Call | None:
    """Begin a call. An error in here must not reach the agent."""
    try:
        return spec.admit()
    except Exception as error:
        once("a call could not be admitted and is not recorded", error)
        return None


def _scope(
    call: Call,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    refused: TierViolation | None = None,
) -> Scope | None:
    try:
        scope = call.begin(args, kwargs)
    except Exception as error:
        once("a span could not be begun", error)
        scope = None
    if refused is not None:
        # The span shows that it was tried.
        if scope is not None:
            scope.failed(refused)
        raise refused
    return scope
