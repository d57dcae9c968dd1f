"""The processes: each of them, and what keeps them running together."""
