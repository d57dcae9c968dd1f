"""Where things are."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
RECORDED = ROOT.parent / "shared" / "spans"
"""Spans of real frameworks; beside the project where they are to be had."""
