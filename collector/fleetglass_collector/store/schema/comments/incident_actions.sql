ALTER TABLE incident_actions${on_cluster}
    MODIFY COMMENT 'What people did about incidents, by whom and why. Rows are only added',
    COMMENT COLUMN id 'The action',
    COMMENT COLUMN at 'When it was taken',
    COMMENT COLUMN tenant 'The tenant that the incident belongs to',
    COMMENT COLUMN incident 'The id of the incident',
    COMMENT COLUMN action 'What was done: ack, silence, resolve or reopen',
    COMMENT COLUMN by 'Who did it',
    COMMENT COLUMN why 'Why',
    COMMENT COLUMN until 'Of silence: until when'
