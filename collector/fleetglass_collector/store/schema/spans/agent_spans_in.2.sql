ALTER TABLE agent_spans_in${on_cluster} ADD COLUMN IF NOT EXISTS arrived DateTime DEFAULT now()
