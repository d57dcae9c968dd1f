"""Looks at everything that fleetglass needs, and says what to do about what is not right."""
