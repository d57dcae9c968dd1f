"""ClickHouse's HTTP protocol: what is sent and in which form."""
