ALTER TABLE incidents_rows${on_cluster}
    ADD COLUMN IF NOT EXISTS about LowCardinality(String) DEFAULT 'run',
    ADD COLUMN IF NOT EXISTS subject String
