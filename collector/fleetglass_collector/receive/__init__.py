"""Listens for spans over OTLP."""
