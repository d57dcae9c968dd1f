"""Reads the fleet's spans from ClickHouse and says what is wrong."""
