"""The kinds of work that a span can be, and the groups of them that the SQL asks for."""

KINDS = (
    "agent",
    "llm",
    "tool",
    "retrieval",
    "embedding",
    "workflow",
    "handoff",
    "guardrail",
    "other",
)

GROUPS = {
    # A provider bills them.
    "call": ("llm", "embedding", "retrieval"),
    # They have a name, arguments and a result.
    "tool": ("tool", "handoff", "retrieval"),
    # They have an output in words.
    "answering": ("llm", "agent", "workflow"),
    # Others work under them; their usage repeats what those count.
    "container": ("agent", "workflow"),
    # They count as a step of a run.
    "step": ("llm", "tool", "handoff"),
}


def variables() -> dict[str, str]:
    """Return what the SQL files may name: `${call_kinds}`, `${tool_kinds}` and so on."""
    return {
        f"{group}_kinds": ", ".join(f"'{kind}'" for kind in kinds)
        for group, kinds in GROUPS.items()
    }
