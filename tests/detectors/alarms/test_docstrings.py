import doctest
import importlib
import pkgutil

import pytest

from fleetglass_detectors import alarms

MODULES = [found.name for found in pkgutil.iter_modules(alarms.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_the_example_of_every_module_runs(name: str) -> None:
    module = importlib.import_module(f"{alarms.__name__}.{name}")

    found = doctest.testmod(module)

    assert found.attempted > 0
    assert found.failed == 0
