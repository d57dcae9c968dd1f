ALTER TABLE span_texts${on_cluster}
    MODIFY COMMENT 'The words of a span: arguments and results, inputs and outputs. Ask by trace_id and time; it is slow over many spans',
    COMMENT COLUMN time 'When the work began',
    COMMENT COLUMN trace_id 'The trace, 32 hex digits',
    COMMENT COLUMN span_id 'The span, 16 hex digits',
    COMMENT COLUMN asked 'The arguments of a tool',
    COMMENT COLUMN answered 'The result of a tool, else what was said',
    COMMENT COLUMN input 'What an agent or a model was given',
    COMMENT COLUMN said 'What an agent or a model said',
    COMMENT COLUMN heard 'The messages that a model or an agent was given, as they were recorded',
    COMMENT COLUMN instructions 'The instructions of the system, where they stand apart',
    COMMENT COLUMN heard_parts 'Messages whose parts were recorded one by one',
    COMMENT COLUMN declared 'What the SDK says of actions and approvals'
