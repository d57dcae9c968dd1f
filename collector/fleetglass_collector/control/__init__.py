"""Directives: orders to agents while they run."""
