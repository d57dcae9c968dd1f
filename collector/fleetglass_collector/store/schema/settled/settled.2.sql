ALTER TABLE settled${on_cluster}
    ADD COLUMN IF NOT EXISTS looked DateTime,
    MODIFY SETTING ${deduplication}
