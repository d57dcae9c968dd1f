"""ClickHouse in this process, and what keeps it in bounds."""
