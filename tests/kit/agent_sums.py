"""What the rollups must say: the same as the rows, summed."""

from fleetglass_collector.store.client import Store
from kit.agent_rows import ask

MINUTES = (
    "tenant, kind, agent, agent_version, cohort, environment, service, workflow, model, provider,"
    " prompt_version, tier, action, tool"
)
TOKENS = ("input", "output", "cache_read", "cache_write", "reasoning")


def minutes_of_rows() -> str:
    sums = ", ".join(f"toInt64(sum(s.{name}_tokens)) AS {name}_tokens" for name in TOKENS)
    return (
        f"SELECT toStartOfMinute(start_time) AS minute, {MINUTES}, toInt64(count()) AS spans,"
        " toInt64(sum(s.is_error)) AS errors, toInt64(countIf(isNull(s.cost))) AS unpriced,"
        f" {sums}, toInt64(sum(s.duration_ns)) AS duration_ns,"
        " sum(toDecimal128(ifNull(s.cost, 0), 12)) AS cost,"
        " sum(toDecimal128(ifNull(s.reported_cost, 0), 12)) AS reported_cost,"
        " toString(mapSort(sumMap(map(fleetglassBucket(s.duration_ns), 1::Int64)))) AS durations"
        " FROM agent_spans AS s GROUP BY ALL ORDER BY ALL"
    )


def minutes() -> str:
    sums = ", ".join(f"sum({name}_tokens) AS {name}_tokens" for name in TOKENS)
    return (
        f"SELECT minute, {MINUTES}, sum(m.spans) AS spans, sum(m.errors) AS errors,"
        f" sum(m.unpriced) AS unpriced, {sums}, sum(m.duration_ns) AS duration_ns,"
        " sum(m.cost) AS cost, sum(m.reported_cost) AS reported_cost,"
        " toString(mapSort(mapFilter((_, n) -> n != 0, sumMap(m.durations)))) AS durations"
        " FROM agent_minutes AS m GROUP BY ALL HAVING spans != 0 ORDER BY ALL"
    )


RUNS_OF_ROWS = """
    SELECT tenant, run_id, toDate(start_time) AS day, toInt64(count()) AS spans,
        toInt64(countIf(kind IN ('llm', 'tool', 'handoff'))) AS steps,
        toInt64(sum(s.is_error)) AS errors, toInt64(countIf(isNull(s.cost))) AS unpriced,
        toInt64(sum(s.input_tokens)) AS input_tokens,
        toInt64(sum(s.output_tokens)) AS output_tokens,
        sum(toDecimal128(ifNull(s.cost, 0), 12)) AS cost
    FROM agent_spans AS s GROUP BY ALL ORDER BY ALL"""
RUNS = """
    SELECT tenant, run_id, day, sum(r.spans) AS spans, sum(r.steps) AS steps,
        sum(r.errors) AS errors, sum(r.unpriced) AS unpriced,
        sum(r.input_tokens) AS input_tokens, sum(r.output_tokens) AS output_tokens,
        sum(r.cost) AS cost
    FROM agent_runs AS r GROUP BY ALL HAVING spans != 0 ORDER BY ALL"""


def assert_sums_are_right(store: Store) -> None:
    assert ask(store, minutes()) == ask(store, minutes_of_rows())
    assert ask(store, RUNS) == ask(store, RUNS_OF_ROWS)
    gone = "sum(m.errors), sum(m.unpriced), sum(m.input_tokens), sum(m.duration_ns), sum(m.cost)"
    left = ask(
        store,
        f"SELECT minute, {MINUTES}, {gone} FROM agent_minutes AS m GROUP BY ALL"
        f" HAVING sum(m.spans) = 0 AND ({gone}) != (0, 0, 0, 0, 0)",
    )
    assert left == []
