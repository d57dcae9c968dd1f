"""What a span takes from the agent right above it, if both come in one insert."""

from fleetglass_collector.dialects import own

# The columns of an agent, and what they hold as far as a span under it may take it.
COLUMNS = {
    "span_id": "span_id",
    **{column: column for column in own.IDENTITY},
    "run_id": f"if({own.variables()['has_own_run']}, run_id, '')",
    "conversation": "conversation",
    "workflow": "workflow",
}


def variables() -> dict[str, str]:
    """Return what the SQL files may name: `${above_agent}` is the agent above, and so on."""
    above = {
        f"above_{column}": f"agents.{column}[indexOf(agents.span_id, parent_span_id)]"
        for column in COLUMNS
        if column != "span_id"
    }
    values = ", ".join(COLUMNS.values())
    types = ", ".join(f"{column} String" for column in COLUMNS)
    return above | {"passed_on": f"({values})::Tuple({types})"}
