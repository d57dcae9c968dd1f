"""Detects runs that make no progress. Each file handles one way of being stuck."""
