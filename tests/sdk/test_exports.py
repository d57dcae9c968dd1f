"""What is public is named, and each name is there."""

import fleetglass


def test_all_is_sorted_and_complete() -> None:
    assert fleetglass.__all__ == sorted(fleetglass.__all__)
    assert all(hasattr(fleetglass, name) for name in fleetglass.__all__)


def test_every_public_function_says_what_it_does() -> None:
    for name in fleetglass.__all__:
        if callable(thing := getattr(fleetglass, name)):
            assert thing.__doc__, name
