ALTER TABLE settled${on_cluster} MODIFY SETTING ${deduplication}
