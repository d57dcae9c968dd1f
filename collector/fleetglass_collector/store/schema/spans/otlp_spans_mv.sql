-- The test spans of `fleetglass doctor` are no agent's work: they end here.
CREATE MATERIALIZED VIEW IF NOT EXISTS otlp_spans_mv${on_cluster} TO otlp_spans AS
SELECT tenant, segment, ${carried}, arrayJoin(scope_spans.spans) AS span
FROM
(
    SELECT tenant, segment, ${carried}, arrayJoin(scope_spans) AS scope_spans
    FROM
    (
        SELECT
            tenant,
            segment,
            resource_spans.scope_spans AS scope_spans,
            resource_spans.resource.attributes AS sent,
            arrayMap(key -> transform(key, [${spellings}], [${spelling_facts}], 0), sent.key) AS sent_facts,
${resource_facts}
        FROM (SELECT tenant, segment, arrayJoin(resource_spans) AS resource_spans FROM otlp_in)
    )
    WHERE r_service != '${probe}'
)
