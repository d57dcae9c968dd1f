"""Reads the audit log, from the database or from an export, and says whether it is whole."""
