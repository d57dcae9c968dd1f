"""The shipper carries segments from the journal to the database."""
