-- What a signal is about, where that is no run.
ALTER TABLE signals${on_cluster}
    ADD COLUMN IF NOT EXISTS about LowCardinality(String) DEFAULT 'run',
    ADD COLUMN IF NOT EXISTS subject String
