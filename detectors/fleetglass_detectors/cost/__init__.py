"""What agents spend: what is usual, what is not, and why it changed."""

from fleetglass_detectors.cost.series import SeriesScorer

__all__ = ["SeriesScorer"]
