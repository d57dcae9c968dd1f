-- Spreads the rows of a table over the shards of a cluster, and reads them from there.
CREATE TABLE IF NOT EXISTS ${name}${on_cluster} AS ${name}_local
ENGINE = Distributed(${cluster}, currentDatabase(), ${name}_local, ${shard_by})
