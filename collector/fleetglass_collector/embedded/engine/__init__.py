"""Runs ClickHouse in this process and limits what clients can do with it."""
