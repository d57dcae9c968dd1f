ALTER TABLE incidents_rows${on_cluster}
    MODIFY COMMENT 'Internal: every version of each incident; the view incidents shows the last'
