"""The formats and encodings of ClickHouse's HTTP protocol."""
