"""Settings in the URL: which belong to the protocol, and which a reader may send."""

import re
from collections.abc import Iterator, Mapping

from fleetglass_collector.config import Query
from fleetglass_collector.embedded.engine.faults import Fault

READONLY = 164

# Parameters of the HTTP interface itself, or of features that do not exist here (sessions,
# progress headers, quotas). Clients send them to every server, so the store ignores them.
PROTOCOL = frozenset({
    "add_http_cors_header", "buffer_size", "cancel_http_readonly_queries_on_client_close",
    "client_protocol_version", "close_session", "compress", "database", "decompress",
    "default_format", "enable_http_compression", "http_headers_progress_interval_ms",
    "http_response_headers", "http_write_exception_in_output_format", "http_zlib_compression_level",
    "log_comment", "password", "query", "query_id", "quota_key", "readonly", "role",
    "send_progress_in_http_headers", "session_check", "session_id", "session_timeout",
    "stacktrace", "user", "wait_end_of_query",
})  # fmt: skip

# These change only how results are written and text is read. They are cheap and give no access.
_HARMLESS = re.compile(
    r"output_format_\w+|format_(csv|tsv|json|binary|regexp|custom)_\w+|bool_(true|false)_rep\w+"
    r"|date_time_(in|out)put_format|date_time_overflow_behavior|session_timezone|extremes"
    r"|cast_(keep_nullable|string_to_dynamic_use_inference|string_to_variant_use_inference)"
    r"|(join|group_by|aggregate_functions_null_for)_\w*null\w*|prefer_column_name_to_alias"
    r"|union_default_mode|intersect_default_mode|except_default_mode|final|totals_mode"
    r"|enable_named_columns_in_function_tuple|allow_(experimental|suspicious)_(dynamic|json)_type\w*"
    r"|use_client_time_zone|enable_analyzer|allow_experimental_analyzer|preferred_block_size_bytes"
)
# The engine keeps a block in memory, so larger blocks would defeat the limit on memory.
MAX_BLOCK_SIZE = 65_409
# The receiver has the highest priority, because its journal keeps the data safe; then come inserts,
# then readers. If the process may not set priorities, the engine does nothing. If it may, the
# engine resets a thread to 0 after a query, so inserts have to set their own value too.
NICENESS, READER_NICENESS = 10, 19
# The size limit of results that cannot be sent block by block: they are kept whole in memory.
MAX_HELD_BYTES = 256 << 20


def quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def reader_settings(limits: Query, params: Mapping[str, str], *, held: bool) -> dict[str, str]:
    """Return the settings of one reader's query; the client may lower the limits.

    Raises:
        Fault: The client sends a setting that a reader may not change.
    """
    bounds = _bounds(limits, held=held)
    settings = {name: str(value) for name, value in bounds.items()} | {
        "timeout_overflow_mode": "throw",
        "result_overflow_mode": "throw",
        "max_bytes_before_external_group_by": str(limits.max_memory_bytes // 2),
        "max_bytes_before_external_sort": str(limits.max_memory_bytes // 2),
        "use_uncompressed_cache": "0",
        "os_threads_nice_value_query": str(READER_NICENESS),
        # Without this, chDB reads a mistyped keyword as an expression.
        "implicit_select": "0",
    }
    for name, value in _sent_settings(params):
        if name in bounds:
            settings[name] = _lower(name, value, bounds[name])
        elif _HARMLESS.fullmatch(name):
            settings[name] = value
        else:
            raise Fault(READONLY, f"Cannot modify '{name}' setting in readonly mode. (READONLY)")
    return settings


def writer_settings(params: Mapping[str, str]) -> dict[str, str]:
    own = {"implicit_select": "0", "os_threads_nice_value_query": str(NICENESS)}
    return own | dict(_sent_settings(params))


def _bounds(limits: Query, *, held: bool) -> dict[str, float]:
    """Return the highest values that a reader may use; zero means no limit."""
    return {
        "max_execution_time": limits.max_seconds,
        "max_memory_usage": limits.max_memory_bytes,
        "max_result_rows": limits.max_result_rows,
        "max_result_bytes": MAX_HELD_BYTES if held else 0,
        "max_threads": limits.max_threads,
        "max_block_size": MAX_BLOCK_SIZE,
        "max_rows_to_read": 0,
        "max_bytes_to_read": 0,
        "max_rows_to_group_by": 0,
    }


def _lower(name: str, value: str, bound: float) -> str:
    try:
        number = float(value)
    except ValueError as error:
        raise Fault(
            READONLY, f"Setting '{name}' must be a number, not {value!r}. (READONLY)"
        ) from error
    if not 0 < number < float("inf"):
        number = bound
    lowest = min(number, bound) if bound else number
    return f"{lowest:g}" if name == "max_execution_time" else str(int(lowest))


def _sent_settings(params: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in params.items():
        if name not in PROTOCOL and not name.startswith("param_"):
            if not re.fullmatch(r"[a-zA-Z_]\w*", name, re.ASCII):
                raise Fault(115, f"Setting {name!r} is not a valid setting name. (UNKNOWN_SETTING)")
            yield name, value
