"""Spans as the detectors get them: columns of numbers, many spans at once."""

from dataclasses import dataclass
from importlib.resources import files
from string import Template

import numpy as np
from numpy.typing import NDArray

from fleetglass.conventions import HEARTBEAT
from fleetglass_detectors.database import Database

SQL = files("fleetglass_detectors")
READ = Template((SQL / "spans.sql").read_text())

OTHER, AGENT, LLM, TOOL, RETRIEVAL, HANDOFF, WORKFLOW, HEARTBEAT_KIND = range(8)
KINDS = {
    "agent": AGENT,
    "llm": LLM,
    "tool": TOOL,
    "retrieval": RETRIEVAL,
    "handoff": HANDOFF,
    "workflow": WORKFLOW,
}
STEP_KINDS = (LLM, TOOL, RETRIEVAL)
"""Kinds that are steps of a run. The other kinds group steps."""

# Packed as the database's RowBinary writes it, in the order of spans.sql.
SPAN = np.dtype(
    [
        ("run", "<u8"),
        ("span", "<u8"),
        ("parent", "<u8"),
        ("segment", "<u8"),
        ("start_ns", "<i8"),
        ("end_ns", "<i8"),
        ("agent", "<u8"),
        ("caller", "<u8"),
        ("tool", "<u8"),
        ("action", "<u8"),
        ("asked", "<u8"),
        ("shape", "<u8"),
        ("answered", "<u8"),
        ("tokens", "<f8"),
        ("written", "<f8"),
        ("cost", "<f8"),
        ("kind", "u1"),
        ("failed", "u1"),
    ]
)
Rows = NDArray[np.void]
Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Spans that arrived together. Their order means nothing."""

    rows: Rows
    now_ns: int
    """When they had arrived. Later batches never have an earlier time."""

    def keep(self, which: NDArray[np.bool_]) -> "Batch":
        return Batch(rows=self.rows[which], now_ns=self.now_ns)


def read(database: Database, where: str, *, order: str = "segment, trace_id, span_id") -> Rows:
    """Read the spans that match a condition."""
    sql = READ.substitute(
        heartbeat=HEARTBEAT,
        heartbeat_code=HEARTBEAT_KIND,
        kinds=", ".join(f"'{kind}'" for kind in KINDS),
        codes=", ".join(map(str, KINDS.values())),
        where=where,
        order=order,
    )
    return np.frombuffer(database.query(sql, fmt="RowBinary"), SPAN)
