"""How a block ended that neither failed nor succeeded: it was cancelled, left or interrupted."""

import asyncio
import sys
from collections.abc import Iterator
from typing import Any, cast

ABANDONED = "abandoned"


def outcome_of(error: BaseException) -> str:
    """Return the outcome that an exception tells of; empty if it is a failure."""
    for kind, outcome in _kinds():
        if isinstance(error, kind):
            return outcome
        # A task group may wrap what it cancelled.
        if isinstance(error, BaseExceptionGroup):
            group = cast("BaseExceptionGroup[BaseException]", error)
            if group.split(kind)[1] is None:
                return outcome
    return ""


def is_unfinished(error: BaseException, outcome: str) -> bool:
    """Return whether a run that ended so has not done what it was asked for."""
    # Who reads half of a stream has what it wanted, and `sys.exit()` is how programs end.
    is_clean_exit = isinstance(error, SystemExit) and not error.code
    return outcome != ABANDONED and not is_clean_exit


def _kinds() -> Iterator[tuple[type[BaseException], str]]:
    yield asyncio.CancelledError, "cancelled"
    yield GeneratorExit, ABANDONED
    yield KeyboardInterrupt, "interrupted"
    yield SystemExit, "interrupted"
    trio: Any = sys.modules.get("trio")
    if trio is not None and isinstance(kind := getattr(trio, "Cancelled", None), type):
        yield kind, "cancelled"
