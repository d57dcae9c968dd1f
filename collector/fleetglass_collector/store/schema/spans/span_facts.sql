-- What a span says about itself: the numbers of the facts that its attributes spell (see
-- dialects/facts.py), their texts and their numbers. Keeps nothing: it stands between two views because
-- the database, given one query, computes a list anew for each use of it.
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
