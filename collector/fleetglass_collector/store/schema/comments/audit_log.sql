ALTER TABLE audit_log${on_cluster}
    MODIFY COMMENT 'Who did what, in chains that show every change. Rows are only added; fleetglass audit verify checks them',
    COMMENT COLUMN chain 'The chain that the entry belongs to: each process that writes has its own',
    COMMENT COLUMN number 'The place of the entry in its chain, from 1 on without gaps',
    COMMENT COLUMN at 'When it was written',
    COMMENT COLUMN tenant 'The tenant that it belongs to; empty if it is of all',
    COMMENT COLUMN kind 'What it tells of, such as violation, policy, directive or incident',
    COMMENT COLUMN about 'The id of what it is about, such as an incident or a signal',
    COMMENT COLUMN by 'Who did it: a person, an agent, a budget or a file',
    COMMENT COLUMN body 'The rest of it, as JSON. Never a prompt, an argument or an answer',
    COMMENT COLUMN previous 'The hash of the entry before it in its chain; empty for the first',
    COMMENT COLUMN hash 'SHA-256 of the entry: it stands for the whole chain so far'
