"""For all tests."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, so that processes that share the tests end together."""
    items.sort(key=lambda item: "end_to_end" not in item.path.parts)
