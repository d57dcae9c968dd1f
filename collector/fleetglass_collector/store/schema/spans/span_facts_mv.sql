-- A span's keys are looked up once, all together, and become the numbers of the facts that they spell. (Reading facts out
-- of the finished map would scan the map for each fact, and costs three times as much.)
CREATE MATERIALIZED VIEW IF NOT EXISTS span_facts_mv${on_cluster} TO span_facts AS
SELECT
    tenant,
    segment,
    ${carried},
    lower(hex(span.trace_id)) AS trace_id,
    lower(hex(span.span_id)) AS span_id,
    -- A span that names itself as its parent has no parent.
    if(span.parent_span_id = span.span_id, '', fleetglassId(span.parent_span_id)) AS parent_span_id,
    span.start_time_unix_nano AS start_ns,
    span.end_time_unix_nano AS end_ns,
    span.name AS name,
    span.status.code = 2 AS failed,
    has(span.events.name, 'exception') AS has_exception,
    if(empty(span.events.name), [${no_event_texts}], [
${event_texts}]) AS event_texts,
    facts,
    arrayMap(
        (text, fact, value) -> multiIf(
            fact = 0, '',
            isNotNull(text), assumeNotNull(text),
            fact <= ${last_text}, fleetglassValueText(value),
            ''),
        values.string_value, facts, values) AS texts,
    arrayMap(
        number -> if(number >= 0 AND number <= 1e9, number, 0),
        arrayMap(
            (text, whole, real, fact) -> multiIf(
                fact <= ${last_text}, 0.,
                isNotNull(whole), toFloat64(assumeNotNull(whole)),
                isNotNull(real), assumeNotNull(real),
                ifNull(toFloat64OrNull(ifNull(text, '')), 0.)),
            values.string_value, values.int_value, values.double_value, facts)) AS numbers
FROM
(
    -- If a span has two spellings of a fact, the more trusted one counts.
    SELECT
        *,
        if(
            arraySum(bits) = arrayReduce('groupBitOr', bits),
            all_facts,
            arrayMap(
                (fact, rank) -> if(
                    arrayExists((other, better) -> other = fact AND better < rank, all_facts, ranks), 0, fact),
                all_facts, ranks)) AS facts
    FROM
    (
        SELECT
            *,
            arrayMap(fact -> bitShiftLeft(toUInt64(fact != 0), fact), all_facts) AS bits
        FROM
        (
            SELECT
                *,
                arrayMap(rank -> toUInt8(bitShiftRight(rank, 4)), ranks) AS all_facts
            FROM
            (
                SELECT
                    *,
                    span.attributes.value AS values,
                    arrayMap(
                        (key, text) -> if(text = '', 0, transform(key, [${spellings}], [${spelling_ranks}], 0)),
                        span.attributes.key, span.attributes.value.string_value) AS ranks
                FROM otlp_spans
            )
        )
    )
)
