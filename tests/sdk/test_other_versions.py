"""Where OpenTelemetry has changed inside, spans keep their agent, and the author is told once."""

import logging
from collections.abc import Mapping
from typing import Any, cast

import pytest
from kit.scripted_receiver import receiving
from kit.sending import sending
from kit.stack import eventually
from opentelemetry.context import get_current
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, TracerProvider
from opentelemetry.trace import INVALID_SPAN, SpanContext

import fleetglass
from fleetglass import _complaint
from fleetglass import conventions as names
from fleetglass._processor import FleetProcessor, stamp
from fleetglass.testing import Fleet


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_complaint, "_said", set[str]())


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    levels = [record for record in caplog.records if record.levelno >= logging.WARNING]
    return [record.getMessage() for record in levels if record.name == "fleetglass"]


class Moved(ReadableSpan):
    """A span that keeps its attributes in a place of its own."""

    def __init__(self) -> None:
        super().__init__("s", context=SpanContext(1, 2, is_remote=False))
        del self._attributes
        self.told: dict[str, Any] = {}

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        self.told.update(attributes)


def test_spans_keep_their_agent_where_the_private_member_is_gone(
    fleet: Fleet, caplog: pytest.LogCaptureFixture
) -> None:
    processor = FleetProcessor(fleet.put, lambda: None, fleet.flush)
    spans = [Moved(), Moved()]
    with fleetglass.run("a", cohort="c"):
        for span in spans:
            processor.on_start(cast("Any", span), get_current())

    agents = [(span.told[names.AGENT_NAME], span.told[names.COHORT]) for span in spans]
    assert agents == [("a", "c")] * 2
    assert warnings(caplog) == [
        "fleetglass: this version of OpenTelemetry is not known well, so spans are stamped in a "
        "slower way (AttributeError). Level DEBUG of this logger says more."
    ]


def test_what_records_nothing_or_limits_its_texts_is_no_news(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stamp(INVALID_SPAN, {names.AGENT_NAME: "a"})
    limits = SpanLimits(max_span_attribute_length=3)
    span = TracerProvider(span_limits=limits, shutdown_on_exit=False).get_tracer("t").start_span("")
    stamp(span, {names.AGENT_NAME: "abcdef"})

    assert isinstance(span, Span)
    assert dict(span.attributes or {}) == {names.AGENT_NAME: "abc"}
    assert warnings(caplog) == []


def test_a_stamp_that_fails_is_told_once_and_without_contents(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fleet: Fleet
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("s3cret")

    monkeypatch.setattr(FleetProcessor, "_stamp", fail)
    for _ in range(3):
        with fleetglass.run("a"):
            pass

    assert len(fleet.spans()) == 3
    assert warnings(caplog) == [
        "fleetglass: a span could not be stamped with its agent (RuntimeError). "
        "Level DEBUG of this logger says more."
    ]


def test_an_exporter_that_cannot_be_made_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ImportError("no exporter")

    with receiving() as receiver, sending(receiver.url) as fleet:
        monkeypatch.setattr(fleet.outlet, "_connect", fail)
        with fleetglass.step("s"):
            pass
        eventually(lambda: bool(warnings(caplog)))

        assert fleet.outlet.lost["broken"] >= 1
    assert "a batch of spans could not be sent and is lost (ImportError)" in warnings(caplog)[0]
