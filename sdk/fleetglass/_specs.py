"""What a decorator declares about a function, and how a call of it begins."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

from opentelemetry.baggage import get_all
from opentelemetry.context import get_current
from opentelemetry.trace import SpanKind

from fleetglass import conventions as names
from fleetglass._budget import Budget
from fleetglass._content import Capture, at, bound
from fleetglass._errors import TierViolation
from fleetglass._fleet import Fleet, current
from fleetglass._guard import check
from fleetglass._identity import Identity, attributes_of
from fleetglass._requests import Asked, Granted
from fleetglass._run import Run, run_of
from fleetglass._scope import Scope

# Attributes that a run passes on to the runs that it starts.
INHERITED = (names.RUN_ID, names.CONVERSATION)
HIDDEN = ("self", "cls")


class Call(Protocol):
    """A call that is about to be made."""

    def ask(self) -> float:
        """Ask the guard how long to wait. It raises if the step must not begin."""
        ...

    @property
    def is_held_up(self) -> bool:
        """Whether the verdict would have to wait for the policy."""
        ...

    def verdict(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> "TierViolation | Asked | None":
        """Ask the policy whether the call may be made."""
        ...

    def approved(self, granted: Granted) -> None:
        """Record that a person has approved the call."""
        ...

    def begin(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Scope: ...


class Spec(Protocol):
    """What a decorator declares."""

    def named(self, name: str, parameters: Sequence[str]) -> Self: ...
    def admit(self) -> Call | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpec:
    name: str = ""
    parameters: Sequence[str] = ()
    identity: Identity = Identity()
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Facts about each run, such as its id or its conversation."""
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    budget: Budget | None = None
    cadence_s: float = 0.0
    ignored: Collection[str] = HIDDEN

    def named(self, name: str, parameters: Sequence[str]) -> Self:
        name = self.name or name
        identity = replace(self.identity, agent=name)
        attributes = identity.attributes() | attributes_of(**self.facts)
        return replace(
            self, name=name, parameters=parameters, identity=identity, attributes=attributes
        )

    def admit(self) -> "AgentCall | None":
        fleet = current()
        if fleet.settings.disabled:
            return None
        parent = run_of()
        run = Run(
            self.identity,
            {**_inherited(parent, fleet), **self.attributes},
            parent=parent,
            budget=self.budget,
            cadence_s=self.cadence_s or fleet.settings.heartbeat_s,
        )
        return AgentCall(self, fleet, run)


class AgentCall:
    def __init__(self, spec: AgentSpec, fleet: Fleet, run: Run) -> None:
        self._spec = spec
        self._fleet = fleet
        self._run = run

    def ask(self) -> float:
        if self._run.parent is not None:
            self._run.parent.adopt()
        return _wait(self._run, self._fleet)

    @property
    def is_held_up(self) -> bool:
        return False

    def verdict(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Agents may be started: what they do is checked."""

    def approved(self, granted: Granted) -> None:
        """Nothing is asked for."""

    def begin(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Scope:
        spec, capture = self._spec, self._fleet.capture
        attributes: dict[str, Any] = {names.OPERATION: "invoke_agent"}
        if capture is not None and (args or kwargs):
            arguments = bound(spec.parameters, args, kwargs, spec.ignored)
            attributes["input.value"] = capture(arguments)
        return Scope.begin(
            self._fleet,
            f"invoke_agent {spec.name}",
            attributes,
            run=self._run,
            output="output.value",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSpec:
    """A tool, or another step with a span of its own."""

    name: str = ""
    parameters: Sequence[str] = ()
    prefix: str = ""
    fixed: Mapping[str, str | bool]
    name_as: str = ""
    """The attribute that holds the name."""
    input: str
    output: str
    kind: SpanKind = SpanKind.INTERNAL
    amount: str = ""
    ignored: Collection[str] = HIDDEN

    def named(self, name: str, parameters: Sequence[str]) -> Self:
        name = self.name or name
        fixed = {**self.fixed, self.name_as: name} if self.name_as else self.fixed
        return replace(self, name=name, parameters=parameters, fixed=fixed)

    def admit(self) -> "StepCall | None":
        fleet = current()
        if fleet.settings.disabled:
            return None
        return StepCall(self, fleet)


class StepCall:
    def __init__(self, spec: StepSpec, fleet: Fleet) -> None:
        self._spec = spec
        self._fleet = fleet
        self._granted: Granted | None = None

    def ask(self) -> float:
        if (run := run_of()) is None:
            return 0.0
        wait_s = _wait(run, self._fleet)
        run.step(self._spec.name)
        return wait_s

    @property
    def is_held_up(self) -> bool:
        enforcement = self._fleet.enforcement
        return enforcement is not None and enforcement.is_waiting

    def verdict(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> "TierViolation | Asked | None":
        enforcement, run = self._fleet.enforcement, run_of()
        if enforcement is None or run is None or not self._spec.name_as:
            return None
        from fleetglass._calls import action_of, placed

        arguments = bound(self._spec.parameters, args, kwargs, self._spec.ignored)
        amount = at(self._spec.amount, arguments) if self._spec.amount else None
        action = action_of(run, self._spec.name, self._spec.fixed, arguments, amount)
        verdict = enforcement.verdict(action)
        return placed(verdict, run, arguments, self._fleet.capture)

    def approved(self, granted: Granted) -> None:
        self._granted = granted
        _approval(self._fleet, self._spec, granted)

    def begin(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Scope:
        spec, capture = self._spec, self._fleet.capture
        attributes: Mapping[str, Any] = spec.fixed
        if self._granted is not None:
            attributes = {**attributes, names.APPROVAL_ARGUMENTS: self._granted.fingerprint}
        if (args or kwargs) and (capture is not None or spec.amount):
            arguments = bound(spec.parameters, args, kwargs, spec.ignored)
            attributes = {**attributes, **self._input(arguments, capture)}
        name = f"{spec.prefix}{spec.name}"
        return Scope.begin(self._fleet, name, attributes, kind=spec.kind, output=spec.output)

    def _input(self, arguments: Mapping[str, Any], capture: Capture | None) -> dict[str, Any]:
        attributes: dict[str, Any] = {}
        if capture is not None:
            attributes[self._spec.input] = capture(arguments)
        if self._spec.amount and (amount := at(self._spec.amount, arguments)) is not None:
            attributes[names.AMOUNT] = amount
        return attributes


def _approval(fleet: Fleet, spec: StepSpec, granted: Granted) -> None:
    """Record the approval as a span before that of the call."""
    told: dict[str, Any] = {
        names.KIND: "guardrail",
        names.APPROVAL_BY: granted.by,
        names.APPROVAL_ACTION: spec.name,
        names.APPROVAL_GRANTED: True,
        names.APPROVAL_ARGUMENTS: granted.fingerprint,
    }
    fleet.tracer().start_span("approval", get_current(), SpanKind.INTERNAL, told).end()


def _wait(run: Run, fleet: Fleet) -> float:
    if not (run.guarded or fleet.directives is not None):
        return 0.0
    return check(run, fleet.directives)


def _inherited(parent: Run | None, fleet: Fleet) -> dict[str, str]:
    """Return the attributes that a run takes from the one it works for, here or elsewhere."""
    if parent is not None:
        inherited = parent.attributes
        return {name: inherited[name] for name in INHERITED if name in inherited}
    sent = get_all()
    return {
        name: str(sent[name])
        for name in INHERITED
        if name in sent and name in fleet.settings.baggage
    }
