-- The facts that a span's attributes spell (numbers as in dialects/facts.py), as texts and as numbers. It keeps nothing. It
-- stands between two views because in a single query the database computes a list again for each use of it.
CREATE TABLE IF NOT EXISTS span_facts${on_cluster}
(
    tenant String,
    segment UInt64,
${resource_columns},
    trace_id String,
    span_id String,
    parent_span_id String,
    start_ns UInt64,
    end_ns UInt64,
    name String,
    failed Bool,
    has_exception Bool,
    event_texts Array(String),
    facts Array(UInt8),
    texts Array(String),
    numbers Array(Float64)
)
ENGINE = Null
