"""Turns the attributes of many instrumentations into one set of facts."""
