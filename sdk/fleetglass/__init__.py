"""Fleetglass: see a fleet of AI agents. The agent author's side."""

from fleetglass._version import __version__

__all__ = ["__version__"]
