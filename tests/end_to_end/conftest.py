from collections.abc import Generator

import pytest
from kit.stack import Stack, running


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    """Run one fleetglass for all tests that do not stop or break it."""
    with running(tmp_path_factory.mktemp("shared")) as stack:
        yield stack
