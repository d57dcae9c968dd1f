"""The embedded store runs chDB in its own process and serves ClickHouse's HTTP protocol."""
