-- One narrow row for each span, without its payload. Rows are in the order of arrival: new rows can be read without
-- reading the rest, and inserts and merges only append. A span that is written again is a row with the same key and a
-- higher version.
-- `own` says which facts are the span's own (bits, see dialects/own.py); `held` is a usage that does not count.
-- `arrived` finds segments that came late: `segment` is the time at which a collector began it, perhaps days ago.
CREATE TABLE IF NOT EXISTS agent_spans_rows${local}${on_cluster}
(
    version UInt32,
    is_deleted UInt8,
    tenant LowCardinality(String),
    segment UInt64 CODEC(Delta(8), ZSTD(1)),
    trace_id String,
    span_id String,
    parent_span_id String,
    start_time DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    duration_ns UInt64,
    kind LowCardinality(String),
    name LowCardinality(String),
    agent LowCardinality(String),
    agent_version LowCardinality(String),
    agent_id String,
    parent_agent LowCardinality(String),
    cohort LowCardinality(String),
    environment LowCardinality(String),
    service LowCardinality(String),
    run_id String,
    conversation String,
    workflow LowCardinality(String),
    model LowCardinality(String),
    response_model LowCardinality(String),
    provider LowCardinality(String),
    service_tier LowCardinality(String),
    prompt_version LowCardinality(String),
    tier LowCardinality(String),
    action LowCardinality(String),
    tool LowCardinality(String),
    tool_call_id String,
    arguments_hash UInt64,
    arguments_shape UInt64,
    result_hash UInt64,
    output_hash UInt64,
    input_tokens UInt64,
    output_tokens UInt64,
    cache_read_tokens UInt64,
    cache_write_tokens UInt64,
    reasoning_tokens UInt64,
    cost Nullable(Float64),
    reported_cost Nullable(Float64),
    is_error UInt8,
    error_type LowCardinality(String),
    finish_reason LowCardinality(String),
    handoff_to LowCardinality(String),
    own UInt16,
    held Array(Float64),
    arrived DateTime CODEC(Delta(4), ZSTD(1)),
    INDEX idx_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_run_id run_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_start_time start_time TYPE minmax GRANULARITY 1,
    INDEX idx_arrived arrived TYPE minmax GRANULARITY 1
)
ENGINE = ${replicated}ReplacingMergeTree(version, is_deleted)
PARTITION BY toMonday(start_time)
ORDER BY (segment, trace_id, span_id, tenant)
TTL ${ttl_agent_spans_rows}
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, ${deduplication},
    min_bytes_for_wide_part = 33554432, merge_selector_base = 10,
    fsync_after_insert = 1, fsync_part_directory = 1
