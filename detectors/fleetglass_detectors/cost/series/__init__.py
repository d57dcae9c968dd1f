"""How unlike itself is a series of numbers? A score a value, in one pass."""

from fleetglass_detectors.cost.series.scorer import THRESHOLD, WARM_UP, SeriesScorer

__all__ = ["THRESHOLD", "WARM_UP", "SeriesScorer"]
