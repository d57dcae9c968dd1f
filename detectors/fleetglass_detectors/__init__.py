"""Reads the fleet's spans from ClickHouse and reports what is wrong."""
