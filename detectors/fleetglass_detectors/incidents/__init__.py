"""Turns the signals of many detectors into incidents for people: one incident for one cause."""
