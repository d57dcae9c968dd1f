"""When to raise an alarm: the part that all detectors share, and that knows nothing of agents."""
