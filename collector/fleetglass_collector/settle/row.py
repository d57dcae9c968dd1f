"""The bytes of a row of `agent_spans_in`, as RowBinary writes them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# The columns of a row in the order of its bytes.
COLUMNS = (
    "sign, version, is_deleted, kind, agent, agent_version, agent_id, cohort, tier, "
    "prompt_version, run_id, conversation, workflow, input_tokens, output_tokens, "
    "cache_read_tokens, cache_write_tokens, reasoning_tokens, cost, reported_cost, "
    "parent_agent, handoff_to, held, own, "
)
REST = (
    "tenant, segment, trace_id, span_id, parent_span_id, start_time, duration_ns, name, "
    "environment, service, model, response_model, provider, service_tier, action, tool, "
    "tool_call_id, arguments_hash, arguments_shape, result_hash, output_hash, is_error, "
    "error_type, finish_reason, arrived"
)
# No tokens, a cost of 0, no reported cost.
UNCOUNTED = struct.pack("<5QBdB", 0, 0, 0, 0, 0, 0, 0.0, 1)
NOTHING_HELD = b"\0"
HEAD = struct.Struct("<bIB")


@dataclass(slots=True)
class Row:
    """The bytes of a row in pieces, as sql/rows.sql returns them."""

    identity_own: bytes
    identity: bytes
    context: bytes
    counted: bytes
    caller: bytes
    target: bytes
    held: bytes
    rest: bytes


def strings(row: bytes) -> Iterator[bytes]:
    """Yield RowBinary strings, each with its length before it."""
    at = 0
    while at < len(row):
        start, length, shift = at, 0, 0
        while True:
            byte = row[at]
            at += 1
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        at += length
        yield row[start:at]


# The spans of a trace have mostly the same texts.
@lru_cache(maxsize=10_000)
def split(row: bytes) -> tuple[bytes, ...]:
    return tuple(strings(row))


@lru_cache(maxsize=10_000)
def merged(own: bytes, other: bytes) -> bytes:
    """Return the strings of one row, with those of another in place of empty ones."""
    pairs = zip(strings(own), strings(other), strict=True)
    return b"".join(ours if ours != b"\0" else theirs for ours, theirs in pairs)
