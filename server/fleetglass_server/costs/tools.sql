-- What model calls cost, by the tools whose results they read: those that returned to the same agent of the
-- run since its call before. Evenly to each, in picodollars, what does not divide to the first, so that the
-- sums are the calls' to the last decimal. Calls that read none, and what is no call, go to ''.
WITH told AS
(
    SELECT
        cityHash64(s.tenant, s.run_id) AS run,
        cityHash64(run, s.agent) AS whose,
        s.kind = 'llm' AS is_call,
        -- One that costs something itself, as no tool should, is as good as a call that read nothing.
        s.kind = 'tool' AND ifNull(s.cost, 1) = 0 AS is_tool,
        s.start_time >= toDateTime({start:UInt32}) AS is_later,
        toUnixTimestamp64Nano(s.start_time) + if(is_tool, toInt64(s.duration_ns), 0) AS at,
        toString(s.tool) AS tool,
        toInt128(toDecimal128(ifNull(s.cost, 0), 12) * 1000000000000) AS pico,
        isNull(s.cost) AS without_price,
        toInt64(s.input_tokens) AS tokens_in,
        toInt64(s.output_tokens) AS tokens_out,
        toInt64(s.cache_read_tokens) AS tokens_cached
    FROM agent_spans AS s
    WHERE s.start_time >= toDateTime({before:UInt32}) AND s.start_time < toDateTime({end:UInt32})
        AND ({tenant:String} = '' OR s.tenant = {tenant:String})
        AND (s.kind IN ('llm', 'tool') OR s.cost > 0 OR isNull(s.cost) OR s.input_tokens + s.output_tokens > 0)
),
turned AS
(
    SELECT
        *,
        -- What is no call and no tool reads nothing, and is read by none.
        if(is_call OR is_tool,
            sum(is_call) OVER (PARTITION BY whose ORDER BY at, is_call ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - is_call,
            -1) AS turn
    FROM told
),
calls AS
(
    SELECT
        any(t.run) AS of_run,
        if(countIf(t.is_tool) = 0, [''], arraySort(groupArrayIf(t.tool, t.is_tool))) AS read,
        length(read) AS many,
        maxIf(t.is_later, NOT t.is_tool) AS later,
        countIf(NOT t.is_tool) AS payers,
        sumIf(t.pico, NOT t.is_tool) AS pico_of_call,
        sumIf(t.without_price, NOT t.is_tool) AS unpriced_of_call,
        sumIf(t.tokens_in, NOT t.is_tool) AS in_of_call,
        sumIf(t.tokens_out, NOT t.is_tool) AS out_of_call,
        sumIf(t.tokens_cached, NOT t.is_tool) AS cached_of_call
    FROM turned AS t
    GROUP BY t.whose, t.turn, if(t.turn = -1, t.is_later, 0)
    HAVING payers > 0
)
SELECT
    later,
    key,
    toString(sum(intDiv(pico_of_call, many) + (place <= pico_of_call % many))) AS picodollars,
    sum(if(place = 1, unpriced_of_call, 0)) AS without_price,
    sum(in_of_call / many) AS tokens_in,
    sum(out_of_call / many) AS tokens_out,
    sum(cached_of_call / many) AS tokens_cached,
    uniqExact(of_run) AS runs
FROM calls
ARRAY JOIN
    read AS key,
    arrayEnumerate(read) AS place
GROUP BY later, key
