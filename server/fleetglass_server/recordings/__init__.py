"""Recorded spans: read, replayed, checked."""
