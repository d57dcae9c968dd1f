"""Reads recorded spans, sends them again, and checks them for incidents."""
