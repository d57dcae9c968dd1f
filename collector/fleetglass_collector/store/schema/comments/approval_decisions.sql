ALTER TABLE approval_decisions${on_cluster}
    MODIFY COMMENT 'Internal: what people decided; the view approvals shows it'
