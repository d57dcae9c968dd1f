"""The fixture `fleet`, for every test suite in an environment where fleetglass is installed."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fleetglass.testing import Fleet


@pytest.fixture
def fleet() -> "Generator[Fleet]":
    """A fleet in memory: what agents do in this test, and nothing is sent anywhere."""
    # Late: pytest loads this file in test suites that never ask for the fixture.
    from fleetglass.testing import recording

    with recording() as fleet:
        yield fleet
