"""From the journal to the database."""
