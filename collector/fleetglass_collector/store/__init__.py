"""The database: its tables, and the one way to them, ClickHouse's HTTP protocol."""
