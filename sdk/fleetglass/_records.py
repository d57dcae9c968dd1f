"""Records what no decorator can see: model calls, handoffs, approvals, feedback."""

from collections.abc import Sequence
from typing import Any, Literal

from opentelemetry import trace
from opentelemetry.context import get_current
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

from fleetglass import conventions as names
from fleetglass._decorators import Instrument
from fleetglass._errors import ConfigurationError
from fleetglass._fleet import Fleet, current
from fleetglass._run import Run, run_of
from fleetglass._scope import Scope
from fleetglass._scope import annotate as _annotate
from fleetglass._specs import StepSpec

KINDS = ("score", "label", "edit", "retry", "abandon")
USAGE = {
    "input": names.INPUT_TOKENS,
    "output": names.OUTPUT_TOKENS,
    "cache_read": names.CACHE_READ_TOKENS,
    "cache_write": names.CACHE_WRITE_TOKENS,
    "reasoning": names.REASONING_TOKENS,
    "cost": names.COST,
}


class LLMCall(Instrument):
    """A model call that no instrumentation records, as a `with` block.

    The cached tokens are a part of the input, the reasoning a part of the output.
    """

    def __init__(self, model: str, provider: str, operation: str) -> None:
        fixed: dict[str, str | bool] = {
            names.OPERATION: operation,
            names.REQUEST_MODEL: model,
            names.KIND: "embedding" if operation == "embeddings" else "llm",
        }
        if provider:
            fixed[names.PROVIDER] = provider
        super().__init__(
            StepSpec(
                name=f"{operation} {model}",
                fixed=fixed,
                input=names.INPUT,
                output=names.OUTPUT,
                kind=SpanKind.CLIENT,
            )
        )
        self._scope: Scope | None = None

    def __enter__(self) -> "LLMCall":  # type: ignore[override]
        self._scope = super().__enter__()
        return self

    async def __aenter__(self) -> "LLMCall":  # type: ignore[override]
        self._scope = await super().__aenter__()
        return self

    def usage(
        self,
        *,
        input: int = 0,
        output: int = 0,
        cache_read: int = 0,
        cache_write: int = 0,
        reasoning: int = 0,
        cost: float | None = None,
    ) -> None:
        """Record the tokens that the call used, as the provider counts them."""
        told = {
            "input": input,
            "output": output,
            "cache_read": cache_read,
            "cache_write": cache_write,
            "reasoning": reasoning,
            "cost": cost,
        }
        if self._scope is not None:
            self._scope.set({USAGE[name]: value for name, value in told.items() if value})

    def input(self, messages: Any) -> None:
        """Record the input of the model."""
        if self._scope is not None:
            self._scope.content(names.INPUT, messages)

    def output(
        self, message: Any, *, finish_reason: str = "", model: str = "", id: str = ""
    ) -> None:
        """Record the output, why it ended, and which model answered."""
        if self._scope is None:
            return
        self._scope.content(names.OUTPUT, message)
        told: dict[str, str | Sequence[str]] = {}
        if finish_reason:
            told[names.FINISH_REASONS] = [finish_reason]
        if model:
            told[names.RESPONSE_MODEL] = model
        if id:
            told[names.RESPONSE_ID] = id
        self._scope.set(told)


def llm_call(model: str, *, provider: str = "", operation: str = "chat") -> LLMCall:
    """Record a model call, within a `with` block."""
    return LLMCall(model, provider, operation)


def handoff(to: str) -> None:
    """Record that another agent takes over."""
    told = {names.KIND: "handoff", names.HANDOFF_TO: to}
    _record(f"handoff to {to}", told, counted=True)


def approval(*, by: str, for_action: str, granted: bool = True) -> None:
    """Record that a person allowed or refused an action."""
    told = {
        names.KIND: "guardrail",
        names.APPROVAL_BY: by,
        names.APPROVAL_ACTION: for_action,
        names.APPROVAL_GRANTED: granted,
    }
    _record("approval", told)


def annotate(**notes: Any) -> None:
    """Add notes to the span that is open here."""
    _annotate(trace.get_current_span(), notes)


def identify(
    *, conversation: str = "", prompt_version: str = "", cohort: str = "", id: str = ""
) -> None:
    """Add facts about the run that is open here. Spans from now on carry them."""
    run = run_of()
    if run is None:
        return
    given = {
        "conversation": conversation,
        "prompt_version": prompt_version,
        "cohort": cohort,
        "id": id,
    }
    run.identify(**{name: value for name, value in given.items() if value})
    trace.get_current_span().set_attributes(run.attributes)


def current_run() -> str:
    """Return the id of the run that is open here, for later feedback; empty outside of runs."""
    run = run_of()
    return run.id if run else ""


def feedback(
    kind: Literal["score", "label", "edit", "retry", "abandon"],
    value: float | str | None = None,
    *,
    run_id: str = "",
    by: str = "",
) -> None:
    """Record what somebody thinks of a run: the one that is open here, or another by its id.

    Args:
        kind: A score, a label, an edited answer, or that the user tried again or gave up.
        value: The number of a score, the text of a label or of an edit.
        run_id: Which run, if it is not the one that is open here; see `current_run`.
        by: Who says so.
    """
    if kind not in ("score", "label", "edit", "retry", "abandon"):
        raise ConfigurationError(
            f"feedback is a score, label, edit, retry or abandon, not {kind!r}"
        )
    fleet, run = current(), run_of()
    run_id = run_id or (run.id if run else "")
    if not run_id:
        raise ConfigurationError("outside of a run, feedback needs its run_id; see current_run()")
    if not fleet.settings.disabled:
        fleet.outlet.put(_feedback(fleet, run_id, run, kind, value, by))


def _feedback(
    fleet: Fleet, run_id: str, run: Run | None, kind: str, value: float | str | None, by: str
) -> ReadableSpan:
    told: dict[str, str | float] = {
        **(run.attributes if run and run.id == run_id else {}),
        names.RUN_ID: run_id,
        names.KIND: "feedback",
        names.FEEDBACK_KIND: kind,
        names.FEEDBACK_BY: by,
    }
    if isinstance(value, int | float):
        told[names.FEEDBACK_SCORE] = float(value)
    elif value is not None and kind == "label":
        told[names.FEEDBACK_LABEL] = value[:200]
    elif value is not None and fleet.capture is not None:
        told[names.FEEDBACK_TEXT] = fleet.capture(value)
    told = {name: item for name, item in told.items() if item != ""}
    return fleet.pulse.instant("feedback", told, fleet.resource, parent=_place(run_id))


def _place(run_id: str) -> SpanContext | None:
    """Return a parent in the run's trace, so that feedback does not look like the trace's root."""
    trace_id, _, span_id = run_id.partition("-")
    try:
        place = int(trace_id, 16), int(span_id or trace_id[-16:], 16)
    except ValueError:
        return None
    context = SpanContext(*place, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return context if context.is_valid else None


def _record(name: str, attributes: dict[str, Any], *, counted: bool = False) -> None:
    fleet = current()
    if fleet.settings.disabled:
        return
    if counted and (run := run_of()) is not None:
        run.step(name)
    fleet.tracer().start_span(name, get_current(), SpanKind.INTERNAL, attributes).end()
