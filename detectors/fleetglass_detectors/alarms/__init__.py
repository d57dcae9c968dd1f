"""Decides when to raise an alarm. All detectors share this; it knows nothing about agents."""
