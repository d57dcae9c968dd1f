"""Adds the facts of a span that only other spans know: its agent, whether its usage counts."""
