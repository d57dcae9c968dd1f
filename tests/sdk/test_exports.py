"""`__all__` lists the public names, and each of them exists."""

import fleetglass


def test_all_is_sorted_and_complete() -> None:
    assert fleetglass.__all__ == sorted(fleetglass.__all__)
    assert all(hasattr(fleetglass, name) for name in fleetglass.__all__)


def test_every_public_function_has_a_docstring() -> None:
    for name in fleetglass.__all__:
        if callable(thing := getattr(fleetglass, name)):
            assert thing.__doc__, name
