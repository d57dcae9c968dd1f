"""The database's objects, one per .sql file; `listing.py` gives their order."""
