"""Settings for all tests."""

from hypothesis import settings

# Machines are busy: how long an example takes says nothing about the code.
settings.register_profile("fleetglass", deadline=None)
settings.load_profile("fleetglass")
