ALTER TABLE fleet_policies${on_cluster}
    MODIFY COMMENT 'What agents may do, as fleet.yaml said it over time. Rows are only added',
    COMMENT COLUMN since 'Since when it is in force',
    COMMENT COLUMN at 'When that was written',
    COMMENT COLUMN digest 'Identifies what it says',
    COMMENT COLUMN text 'The section autonomy of fleet.yaml, as JSON',
    COMMENT COLUMN by 'Who put it in force'
