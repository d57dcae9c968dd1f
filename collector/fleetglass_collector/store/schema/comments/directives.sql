ALTER TABLE directives${on_cluster}
    MODIFY COMMENT 'What agents were told to do: halt, throttle or resume. For each scope the latest one counts',
    COMMENT COLUMN id 'The directive',
    COMMENT COLUMN at 'When it was given',
    COMMENT COLUMN tenant 'The tenant whose agents it is for',
    COMMENT COLUMN action 'What the agents are to do: halt, throttle or resume',
    COMMENT COLUMN agent 'The agent that it is for; empty means all',
    COMMENT COLUMN version 'The release that it is for; empty means all',
    COMMENT COLUMN cohort 'The cohort that it is for; empty means all',
    COMMENT COLUMN every_s 'Of throttle: the seconds between two steps',
    COMMENT COLUMN reason 'Why, as the agents are told',
    COMMENT COLUMN by 'Who gave it: a person or a detector',
    COMMENT COLUMN until 'When it ends; 1970 means never'
