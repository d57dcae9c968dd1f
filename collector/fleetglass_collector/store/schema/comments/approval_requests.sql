ALTER TABLE approval_requests${on_cluster}
    MODIFY COMMENT 'Internal: what agents ask people to approve; the view approvals shows it with the decisions'
