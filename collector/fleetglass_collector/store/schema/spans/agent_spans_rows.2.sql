ALTER TABLE agent_spans_rows${local}${on_cluster}
    ADD COLUMN IF NOT EXISTS arrived DateTime CODEC(Delta(4), ZSTD(1)),
    ADD INDEX IF NOT EXISTS idx_arrived arrived TYPE minmax GRANULARITY 1
