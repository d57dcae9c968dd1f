"""Settling: what only other spans tell of a span. Whose it is, whether its usage counts."""
