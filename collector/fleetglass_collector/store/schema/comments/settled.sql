ALTER TABLE settled${on_cluster}
    MODIFY COMMENT 'Internal: how far fleetglass settle has come'
