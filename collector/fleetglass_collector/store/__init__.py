"""The database: its tables, and the connection to it by ClickHouse's HTTP protocol."""
