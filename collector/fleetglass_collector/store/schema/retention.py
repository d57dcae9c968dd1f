"""How many days each table keeps its rows."""

import dataclasses

from fleetglass_collector.config import Retention
from fleetglass_collector.errors import ConfigError

AGE_COLUMNS = {
    "otel_traces": "toDateTime(Timestamp)",
    "otel_traces_trace_id_ts": "Start",
    "agent_spans_rows": "toDateTime(start_time)",
    "agent_minutes": "minute",
    "agent_runs": "day",
}
"""The time that the age of a table's row counts from."""


def days_by_table(retention: Retention) -> dict[str, int]:
    days: dict[str, int] = dataclasses.asdict(retention)
    # `agent_spans` is a view of this table.
    return days | {"agent_spans_rows": days.pop("agent_spans")}


def ttl(table: str, days: int) -> str:
    if days < 1:
        raise ConfigError(
            f"'retention.{table.removesuffix('_rows')}' must be at least 1 day, not {days}"
        )
    return f"{AGE_COLUMNS[table]} + toIntervalDay({days})"
