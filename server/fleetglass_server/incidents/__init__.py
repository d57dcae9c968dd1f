"""Incidents, for people."""
