"""Scores how unusual each value of a series is, in one pass."""

from fleetglass_detectors.cost.series.scorer import THRESHOLD, WARM_UP, SeriesScorer

__all__ = ["THRESHOLD", "WARM_UP", "SeriesScorer"]
