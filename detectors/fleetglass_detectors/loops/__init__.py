"""Runs that go nowhere: one way of going nowhere a file."""
