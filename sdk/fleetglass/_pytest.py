"""The fixture `fleet`, for every test suite in an environment where fleetglass is installed."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fleetglass.testing import Fleet


@pytest.fixture
def fleet() -> "Generator[Fleet]":
    """A fleet in memory: it records what agents do in this test and sends nothing."""
    # Imported late: pytest loads this file also for tests that do not use the fixture.
    from fleetglass.testing import recording

    with recording() as fleet:
        yield fleet
