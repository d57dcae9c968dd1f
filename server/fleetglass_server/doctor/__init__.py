"""Checks everything that fleetglass needs, and says how to fix what is wrong."""
