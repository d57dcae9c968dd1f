"""Hypothesis strategies for any OTLP request that a client may send."""

import math

from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
    KeyValueList,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

# Texts are short, so that escapes and separators come up often.
texts = st.text(
    st.one_of(
        st.sampled_from("ab /\\\"'\0\n\t\x1f\x7f\u2028\u2029é漢😀<&{}[]"),
        st.characters(exclude_categories=("Cs",)),
    ),
    max_size=8,
)
integers = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63)])
)
doubles = st.one_of(
    # All NaN values count as the same: JSON cannot tell them apart.
    st.floats().map(lambda number: math.nan if math.isnan(number) else number),
    st.sampled_from([0.0, -0.0, 1.0, 1e15, 1e16, 1e20, 1e21, 1e22, 1e-4, 1e-5, 1e-6, 1e-7, 5e-324]),
)
times = st.one_of(
    st.integers(1_700_000_000 * 10**9, 1_900_000_000 * 10**9),
    st.sampled_from([0, 1, 2**63 - 1, 2**63, 2**64 - 1]),
)

scalars = st.one_of(
    st.builds(AnyValue),
    st.builds(AnyValue, string_value=texts),
    st.builds(AnyValue, bool_value=st.booleans()),
    st.builds(AnyValue, int_value=integers),
    st.builds(AnyValue, double_value=doubles),
    st.builds(AnyValue, bytes_value=st.binary(max_size=6)),
)


def _nested(inner: st.SearchStrategy[AnyValue]) -> st.SearchStrategy[AnyValue]:
    pairs = st.lists(st.builds(KeyValue, key=texts, value=inner), max_size=3)
    return st.one_of(
        st.builds(AnyValue, array_value=st.builds(ArrayValue, values=st.lists(inner, max_size=4))),
        st.builds(AnyValue, kvlist_value=st.builds(KeyValueList, values=pairs)),
    )


values = st.recursive(scalars, _nested, max_leaves=6)


def attributes(*, max_size: int = 5) -> st.SearchStrategy[list[KeyValue]]:
    """Attributes. Keys may be empty and may occur twice, although OTLP forbids that."""
    return st.lists(st.builds(KeyValue, key=texts, value=values), max_size=max_size)


def ids(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size).filter(any)


events = st.builds(Span.Event, time_unix_nano=times, name=texts, attributes=attributes(max_size=2))
links = st.builds(
    Span.Link,
    trace_id=ids(16),
    span_id=ids(8),
    trace_state=texts,
    attributes=attributes(max_size=2),
    flags=st.integers(0, 2**32 - 1),
)
spans = st.builds(
    Span,
    trace_id=ids(16),
    span_id=ids(8),
    parent_span_id=st.one_of(st.just(b""), ids(8)),
    trace_state=texts,
    name=texts,
    kind=st.sampled_from(range(6)),
    start_time_unix_nano=times,
    end_time_unix_nano=times,
    attributes=attributes(),
    dropped_attributes_count=st.integers(0, 2**32 - 1),
    events=st.lists(events, max_size=2),
    links=st.lists(links, max_size=2),
    status=st.builds(Status, message=texts, code=st.sampled_from(range(3))),
    flags=st.integers(0, 2**32 - 1),
)
scopes = st.builds(
    InstrumentationScope, name=texts, version=texts, attributes=attributes(max_size=2)
)
scope_spans = st.builds(
    ScopeSpans, scope=scopes, spans=st.lists(spans, max_size=3), schema_url=texts
)
resource_spans = st.builds(
    ResourceSpans,
    resource=st.builds(Resource, attributes=attributes(max_size=3)),
    scope_spans=st.lists(scope_spans, max_size=2),
    schema_url=texts,
)
requests = st.builds(ExportTraceServiceRequest, resource_spans=st.lists(resource_spans, max_size=2))
