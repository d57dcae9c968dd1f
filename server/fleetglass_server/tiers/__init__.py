"""The track record of each agent, by class of action, and what it has earned."""
