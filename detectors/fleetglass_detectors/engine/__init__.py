"""Runs the detectors over what arrives, and remembers."""
