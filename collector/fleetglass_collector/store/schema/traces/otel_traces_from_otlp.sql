-- Facts that all spans of a resource share are computed before the spans are taken apart. In a cluster it writes to the
-- distributed table, so that the spans of a trace meet on one shard.
CREATE MATERIALIZED VIEW IF NOT EXISTS otel_traces_from_otlp${on_cluster} TO otel_traces AS
SELECT
    fleetglassTime(span.start_time_unix_nano) AS Timestamp,
    lower(hex(span.trace_id)) AS TraceId,
    lower(hex(span.span_id)) AS SpanId,
    fleetglassId(span.parent_span_id) AS ParentSpanId,
    span.trace_state AS TraceState,
    span.name AS SpanName,
    transform(
        span.kind, [1, 2, 3, 4, 5], ['Internal', 'Server', 'Client', 'Producer', 'Consumer'], 'Unspecified') AS SpanKind,
    service AS ServiceName,
    resource AS ResourceAttributes,
    scope.name AS ScopeName,
    scope.version AS ScopeVersion,
    fleetglassTextMap(span.attributes) AS SpanAttributes,
    toUInt64(greatest(span.end_time_unix_nano, span.start_time_unix_nano) - span.start_time_unix_nano) AS Duration,
    transform(span.status.code, [1, 2], ['Ok', 'Error'], 'Unset') AS StatusCode,
    span.status.message AS StatusMessage,
    arrayMap(time -> fleetglassTime(time), span.events.time_unix_nano) AS `Events.Timestamp`,
    span.events.name AS `Events.Name`,
    arrayMap(attributes -> fleetglassTextMap(attributes), span.events.attributes) AS `Events.Attributes`,
    arrayMap(id -> fleetglassId(id), span.links.trace_id) AS `Links.TraceId`,
    arrayMap(id -> fleetglassId(id), span.links.span_id) AS `Links.SpanId`,
    span.links.trace_state AS `Links.TraceState`,
    arrayMap(attributes -> fleetglassTextMap(attributes), span.links.attributes) AS `Links.Attributes`
FROM
(
    SELECT
        resource,
        toLowCardinality(resource['${service_name}']) AS service,
        scope_spans.scope AS scope,
        arrayJoin(scope_spans.spans) AS span
    FROM
    (
        SELECT
            if(
                tenant IN ('', 'default'),
                sent,
                mapConcat(mapFilter((key, _) -> key != '${tenant}', sent), map('${tenant}', tenant))) AS resource,
            arrayJoin(resource_spans.scope_spans) AS scope_spans
        FROM
        (
            SELECT
                tenant,
                fleetglassTextMap(resource_spans.resource.attributes) AS sent,
                resource_spans
            FROM
            (
                SELECT tenant, arrayJoin(resource_spans) AS resource_spans
                FROM otlp_in
            )
        )
    )
)
