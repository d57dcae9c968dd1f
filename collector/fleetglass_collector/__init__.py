"""Takes OTLP in, journals it, and lets ClickHouse decode it."""
