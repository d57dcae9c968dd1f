"""`agent`, `tool` and `step`: decorators, and `with` blocks of the same."""

from collections.abc import Callable, Collection
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TypeVar, cast, overload

from fleetglass import conventions as names
from fleetglass._budget import Budget
from fleetglass._identity import Identity
from fleetglass._scope import Block, Scope, idle
from fleetglass._specs import HIDDEN, AgentSpec, Spec, StepSpec
from fleetglass._wrap import open_scope, open_scope_async, wrapped
from fleetglass.durations import seconds

F = TypeVar("F", bound="Callable[..., Any] | staticmethod[..., Any] | classmethod[Any, ..., Any]")


# The blocks that are open in this context, the innermost last. A block may be open in many
# contexts at once.
_blocks: ContextVar[tuple[tuple["Instrument", Block], ...]] = ContextVar(
    "fleetglass-blocks", default=()
)


class Instrument:
    """A decorator for functions, and a `with` block that can be used again and again."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        # The open blocks of all contexts, for a block that is left in another context.
        self._open: list[Block] = []

    def __call__(self, function: F, /) -> F:
        return wrapped(function, self._spec)

    def __enter__(self) -> Scope:
        return self._enter(open_scope(self._spec, (), {}) or idle())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if (block := self._left()) is not None:
            block.__exit__(kind, error, trace)

    async def __aenter__(self) -> Scope:
        return self._enter(await open_scope_async(self._spec, (), {}) or idle())

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)

    def _enter(self, scope: Scope) -> Scope:
        block = Block(scope)
        _blocks.set((*_blocks.get(), (self, block)))
        self._open.append(block)
        return block.__enter__()

    def _left(self) -> Block | None:
        """Return the block that is left: this context's innermost, else the latest of all."""
        blocks = _blocks.get()
        for place in range(len(blocks) - 1, -1, -1):
            instrument, block = blocks[place]
            if instrument is self and block in self._open:
                _blocks.set((*blocks[:place], *blocks[place + 1 :]))
                self._open.remove(block)
                return block
        return self._open.pop() if self._open else None


@overload
def agent(
    name: str = "",
    /,
    *,
    version: str = "",
    cohort: str = "",
    tier: str = "",
    prompt_version: str = "",
    id: str = "",
    budget: Budget | None = None,
    cadence: str | float = 0.0,
    ignore_arguments: Collection[str] = (),
) -> Instrument: ...
@overload
def agent(function: F, /) -> F: ...
def agent(
    name: Any = "",
    /,
    *,
    version: str = "",
    cohort: str = "",
    tier: str = "",
    prompt_version: str = "",
    id: str = "",
    budget: Budget | None = None,
    cadence: str | float = 0.0,
    ignore_arguments: Collection[str] = (),
) -> Any:
    """A function that is an agent: each call of it is a run.

    Args:
        name: What the fleet knows it by; the function's name by default.
        version: Its release.
        cohort: Which group of agents it is compared with.
        tier: How much it may do by itself.
        prompt_version: The prompt it works with.
        id: Of this one agent among many of a name.
        budget: What one run may use, looked at before each step.
        cadence: How often an open run shows a sign of life, such as "30s".
        ignore_arguments: Names of arguments that are not to be kept.
    """
    identity = Identity(
        id=id, version=version, cohort=cohort, tier=tier, prompt_version=prompt_version
    )
    spec = AgentSpec(
        name=name if isinstance(name, str) else "",
        identity=identity,
        budget=budget,
        cadence_s=seconds(cadence),
        ignored=(*HIDDEN, *ignore_arguments),
    )
    return _decorated(name, spec)


def run(
    agent: str,
    /,
    *,
    version: str = "",
    cohort: str = "",
    tier: str = "",
    prompt_version: str = "",
    id: str = "",
    run_id: str = "",
    conversation: str = "",
    budget: Budget | None = None,
    cadence: str | float = 0.0,
) -> Instrument:
    """One run of an agent, as a `with` block.

    Args:
        agent: What the fleet knows it by.
        version: Its release.
        cohort: Which group of agents it is compared with.
        tier: How much it may do by itself.
        prompt_version: The prompt it works with.
        id: Of this one agent among many of a name.
        run_id: What the run is known by elsewhere; its trace's id by default.
        conversation: Which conversation the run is a part of.
        budget: What the run may use, looked at before each step.
        cadence: How often it shows a sign of life while it is open, such as "30s".
    """
    identity = Identity(
        id=id,
        version=version,
        cohort=cohort,
        tier=tier,
        prompt_version=prompt_version,
    )
    spec = AgentSpec(
        identity=identity,
        facts={"run": run_id, "conversation": conversation},
        budget=budget,
        cadence_s=seconds(cadence),
    )
    return Instrument(spec.named(agent, ()))


@overload
def tool(
    name: str = "",
    /,
    *,
    action: str = "",
    amount: str = "",
    reversible: bool | None = None,
    ignore_arguments: Collection[str] = (),
) -> Instrument: ...
@overload
def tool(function: F, /) -> F: ...
def tool(
    name: Any = "",
    /,
    *,
    action: str = "",
    amount: str = "",
    reversible: bool | None = None,
    ignore_arguments: Collection[str] = (),
) -> Any:
    """A function that an agent uses to look at the world or to change it.

    Args:
        name: What it is called; the function's name by default.
        action: What kind of act it is, such as "payment.refund"; tiers allow actions.
        amount: Where among the arguments the amount is that is at stake, such as "$.amount".
        reversible: Whether what it does can be undone.
        ignore_arguments: Names of arguments that are not to be kept.
    """
    fixed: dict[str, str | bool] = {names.OPERATION: "execute_tool"}
    if action:
        fixed[names.ACTION] = action
    if reversible is not None:
        fixed[names.REVERSIBLE] = reversible
    spec = StepSpec(
        name=name if isinstance(name, str) else "",
        prefix="execute_tool ",
        fixed=fixed,
        name_as=names.TOOL_NAME,
        input=names.TOOL_ARGUMENTS,
        output=names.TOOL_RESULT,
        amount=amount,
        ignored=(*HIDDEN, *ignore_arguments),
    )
    return _decorated(name, spec)


@overload
def step(name: str = "", /, *, ignore_arguments: Collection[str] = ()) -> Instrument: ...
@overload
def step(function: F, /) -> F: ...
def step(name: Any = "", /, *, ignore_arguments: Collection[str] = ()) -> Any:
    """Any other part of an agent's work that is worth a span.

    Args:
        name: What it is called; the function's name by default.
        ignore_arguments: Names of arguments that are not to be kept.
    """
    spec = StepSpec(
        name=name if isinstance(name, str) else "",
        fixed={names.KIND: "other"},
        input="input.value",
        output="output.value",
        ignored=(*HIDDEN, *ignore_arguments),
    )
    return _decorated(name, spec)


def _decorated(name: Any, spec: Spec) -> Any:
    if isinstance(name, str):
        return Instrument(spec.named(name, ()))
    return wrapped(cast("Callable[..., Any]", name), spec)
