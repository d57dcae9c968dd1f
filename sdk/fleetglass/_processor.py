"""Stamps each span with its agent, counts what the span used, and passes it on."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from fleetglass import conventions as names
from fleetglass._agents import inner_agent, renamed, stamp_of
from fleetglass._complaint import once
from fleetglass._run import Run, run_of
from fleetglass._settings import Price

log = logging.getLogger("fleetglass")

# Tokens are counted from these spans only: agent spans repeat the sums of their calls.
INFERENCE = frozenset({"chat", "generate_content", "text_completion", "embeddings"})
OPENINFERENCE_KIND = "openinference.span.kind"
INPUT = (names.INPUT_TOKENS, "gen_ai.usage.prompt_tokens", "llm.token_count.prompt")
OUTPUT = (names.OUTPUT_TOKENS, "gen_ai.usage.completion_tokens", "llm.token_count.completion")
COST = (names.COST, "operation.cost", "llm.cost.total")
CLASSES = {
    "input": names.INPUT_TOKENS,
    "output": names.OUTPUT_TOKENS,
    "cache_read": names.CACHE_READ_TOKENS,
    "cache_write": names.CACHE_WRITE_TOKENS,
    "reasoning": names.REASONING_TOKENS,
}
MOVED = "this version of OpenTelemetry is not known well, so spans are stamped in a slower way"
# This many open spans are remembered. Beyond it the oldest are forgotten.
MAX_OPEN = 100_000


class FleetProcessor(SpanProcessor):
    """Works with any provider, beside other processors."""

    def __init__(
        self,
        put: Callable[[ReadableSpan], None],
        price: Callable[[], Price | None],
        flush: Callable[[float], bool],
    ) -> None:
        self._put = put
        self._price = price
        self._flush = flush
        self._open: dict[int, Run] = {}
        # Open spans under an agent that a framework named, and its name.
        self._inside: dict[int, str] = {}

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        try:
            if (run := run_of(parent_context)) is not None:
                self._stamp(span, run, trace.get_current_span(parent_context))
        except Exception as error:
            # Starting a span must never fail because of us.
            once("a span could not be stamped with its agent", error)

    def on_end(self, span: ReadableSpan) -> None:
        try:
            run = self._open.pop(span.context.span_id, None) if span.context else None
            if run is not None:
                self._count(span, run)
                is_stamped = self._inside.pop(span.context.span_id if span.context else 0, None)
                if not is_stamped and (agent := inner_agent(span, run)):
                    span = renamed(span, agent, run.attributes)
            if span.context is not None and span.context.trace_flags.sampled:
                self._put(span)
        except Exception as error:
            once("a span could not be taken and is lost", error)

    def _stamp(self, span: Span, run: Run, parent: trace.Span) -> None:
        if run.span is None:
            _begin(run, span)
        id = span.get_span_context().span_id
        if agent := inner_agent(span, run) or self._agent_around(parent, run):
            self._inside[id] = agent
        stamp(span, stamp_of(run, agent) if agent else run.attributes)
        if len(self._open) >= MAX_OPEN:
            oldest = next(iter(self._open))
            self._open.pop(oldest, None)
            self._inside.pop(oldest, None)
        self._open[id] = run

    def _agent_around(self, parent: trace.Span, run: Run) -> str:
        """Return the agent that a framework named, inside the run and around a new span."""
        id = parent.get_span_context().span_id
        # A parent of another run, or the run's own agent span, is outside.
        if run.span is None or id == run.span.span_id or self._open.get(id) is not run:
            return ""
        return inner_agent(parent, run) or self._inside.get(id, "")

    def _count(self, span: ReadableSpan, run: Run) -> None:
        attributes = span.attributes
        if not attributes or not _is_inference(attributes):
            return
        run.use(*usage(attributes, self._price()))
        if attributes.get(names.KIND) not in ("llm", "embedding"):
            # A span of our own was counted when it began.
            run.step(span.name)

    def shutdown(self) -> None:
        self._flush(2.0)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._flush(timeout_millis / 1000)


def _begin(run: Run, span: Span) -> None:
    """Make the first span of a run its agent's own span."""
    run.span = context = span.get_span_context()
    if names.RUN_ID not in run.attributes:
        # A run with a trace of its own has the id of the trace; one of several, that of its span.
        trace, own = f"{context.trace_id:032x}", f"{context.span_id:016x}"
        run.is_trace = span.parent is None
        run.identify(run=trace if run.is_trace else f"{trace}-{own}")


def stamp(span: trace.Span, attributes: Mapping[str, Any]) -> None:
    """Set attributes whose values are known to be valid.

    OpenTelemetry looks at each value anew, which takes a microsecond each: a third of a span.
    """
    inside = _inside(span)
    if inside is None:
        span.set_attributes(attributes)
    else:
        inside.update(attributes)


def _inside(span: Any) -> dict[str, Any] | None:
    """Return the dict that holds a span's attributes; None if only OpenTelemetry may write it."""
    try:
        bounded = span._attributes
        inside, limit = bounded._dict, bounded.max_value_len
    except AttributeError as error:
        # A span that records nothing has none. One that does keeps them elsewhere than we know.
        if isinstance(span, ReadableSpan):
            once(MOVED, error)
        return None
    return inside if limit is None else None


def _is_inference(attributes: Mapping[str, Any]) -> bool:
    return (
        attributes.get(names.OPERATION) in INFERENCE or attributes.get(OPENINFERENCE_KIND) == "LLM"
    )


def usage(attributes: Mapping[str, Any], price: Price | None) -> tuple[int, float | None]:
    """Return the tokens and dollars of a call; None for dollars if the price is not known."""
    tokens = _first(attributes, INPUT) + _first(attributes, OUTPUT)
    if cost := _first(attributes, COST):
        return int(tokens), cost
    if not tokens:
        return 0, 0.0
    if price is None:
        return int(tokens), None
    classes = {name: int(_first(attributes, (key,))) for name, key in CLASSES.items()}
    classes |= {"input": int(_first(attributes, INPUT)), "output": int(_first(attributes, OUTPUT))}
    model = attributes.get(names.RESPONSE_MODEL) or attributes.get(names.REQUEST_MODEL) or ""
    try:
        return int(tokens), price(str(attributes.get(names.PROVIDER) or ""), str(model), classes)
    except Exception:
        # The tokens still count.
        log.debug("a price could not be found", exc_info=True)
        return int(tokens), None


def _first(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> float:
    """Return a count of tokens; 0 if the attribute is not a number, or is negative."""
    for key in keys:
        value = attributes.get(key)
        if isinstance(value, int | float) and 0 < value < 1e12:
            return value
    return 0
