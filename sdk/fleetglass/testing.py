"""A fleet in memory, for the tests of agents. As a pytest fixture it is called `fleet`.

def test_small_refunds_are_cheap(fleet):
refunds(ticket)

fleet.assert_cost_under(0.10)
fleet.assert_actions_within({"assist": {"payment.quote"}})
"""

import itertools
from collections import Counter
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Unpack

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator

from fleetglass import _fleet
from fleetglass import conventions as names
from fleetglass._heartbeat import Pulse
from fleetglass._processor import usage
from fleetglass._settings import Given, Price, Settings

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A recorded span."""

    name: str
    attributes: Mapping[str, Any]
    parent: str
    """The name of its parent span; empty if it has none."""
    failed: bool
    start_s: float
    end_s: float

    @property
    def agent(self) -> str:
        return str(self.attributes.get(names.AGENT_NAME, ""))

    @property
    def tier(self) -> str:
        return str(self.attributes.get(names.TIER, ""))

    @property
    def action(self) -> str:
        return str(self.attributes.get(names.ACTION, ""))


class Fleet:
    """The recorded spans, in the order in which they ended."""

    def __init__(self, *, price: Price | None = None) -> None:
        self.provider = TracerProvider(
            id_generator=_Ids(), resource=Resource({}), shutdown_on_exit=False
        )
        self._price = price
        self._ended: list[ReadableSpan] = []
        self._clock = itertools.count(1)
        self.lost: Counter[str] = Counter()

    def spans(self, *, agent: str = "") -> list[Recorded]:
        """Return all spans, or those of one agent."""
        by_id = {span.context.span_id: span.name for span in self._ended if span.context}
        spans = [_recorded(span, by_id) for span in self._ended]
        return [span for span in spans if agent in ("", span.agent)]

    def cost(self, *, agent: str = "") -> float:
        """Return the dollars that spans report, or that their tokens cost."""
        used = (usage(span.attributes, self._price) for span in self.spans(agent=agent))
        return sum(dollars or 0.0 for _, dollars in used)

    def tokens(self, *, agent: str = "") -> int:
        return sum(usage(span.attributes, None)[0] for span in self.spans(agent=agent))

    def actions(self, *, agent: str = "") -> list[str]:
        """Return the actions that were done."""
        return [span.action for span in self.spans(agent=agent) if span.action]

    def assert_cost_under(self, usd: float, *, agent: str = "") -> None:
        cost = self.cost(agent=agent)
        assert cost < usd, f"it cost ${cost:.6f}, which is not under ${usd:.6f}"

    def assert_actions_within(self, allowed: Mapping[str, Collection[str]]) -> None:
        """Assert that no agent acted above its tier. A tier that is not listed allows nothing."""
        above = [
            f"{span.agent!r} of tier {span.tier!r} did {span.action!r}"
            for span in self.spans()
            if span.action and span.action not in allowed.get(span.tier, ())
        ]
        assert not above, "; ".join(above)

    def clear(self) -> None:
        self._ended.clear()

    # As _outlet.Sink.
    def put(self, span: ReadableSpan) -> None:
        self._ended.append(span)

    def start(self) -> None: ...

    def flush(self, timeout_s: float) -> bool:
        return True

    def close(self, timeout_s: float) -> None: ...

    def after_fork(self) -> None: ...

    def tick(self) -> int:
        """Return a time one second later at each call."""
        return next(self._clock) * SECOND


@contextmanager
def recording(**settings: Unpack[Given]) -> Generator[Fleet]:
    """Record everything within the block, and send nothing."""
    fleet = Fleet(price=settings.get("price"))
    # First, so that the times are set before other processors see a span.
    fleet.provider.add_span_processor(_Times(fleet))
    before = _fleet.install(
        _fleet.Fleet(
            Settings.of({}, **settings),
            provider=fleet.provider,
            sink=fleet,
            pulse=Pulse(clock=fleet.tick, ids=_Ids(first=1 << 32)),
        )
    )
    try:
        yield fleet
    finally:
        _fleet.install(before)


class _Times(SpanProcessor):
    """Gives spans the time of the fleet instead of the machine's."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def on_start(self, span: Span, parent_context: Any = None) -> None:
        span._start_time = self._fleet.tick()  # pyright: ignore[reportPrivateUsage]

    def on_end(self, span: ReadableSpan) -> None:
        # All processors get this same copy. `_on_ending` would be too new for some versions.
        span._end_time = self._fleet.tick()  # pyright: ignore[reportPrivateUsage]


class _Ids(IdGenerator):
    """1, 2, 3 ..."""

    def __init__(self, first: int = 1) -> None:
        self._spans = itertools.count(first)
        self._traces = itertools.count(first)

    def generate_span_id(self) -> int:
        return next(self._spans)

    def generate_trace_id(self) -> int:
        return next(self._traces)


def _recorded(span: ReadableSpan, by_id: Mapping[int, str]) -> Recorded:
    return Recorded(
        name=span.name,
        attributes=dict(span.attributes or {}),
        parent=by_id.get(span.parent.span_id, "") if span.parent else "",
        failed=not span.status.is_ok,
        start_s=(span.start_time or 0) / SECOND,
        end_s=(span.end_time or 0) / SECOND,
    )
