"""The JSON Schema that editors complete fleet.yaml with knows exactly the keys that are read."""

import json
import re
from dataclasses import fields
from importlib.resources import files
from typing import Any

import pytest

from fleetglass import ConfigurationError
from fleetglass.autonomy import declared as autonomy
from fleetglass.durations import seconds
from fleetglass_detectors.budgets import declared as budgets
from fleetglass_detectors.fleet import Fleet, Polling
from fleetglass_detectors.incidents.severity import Limits

SCHEMA: dict[str, Any] = json.loads(
    (files("fleetglass_detectors") / "fleet.schema.json").read_text()
)


def keys(of: dict[str, Any]) -> set[str]:
    assert of["additionalProperties"] is False
    return set(of["properties"])


def test_every_key_that_is_read_is_in_the_schema_and_no_other() -> None:
    top = SCHEMA["properties"]
    section = top["autonomy"]["properties"]
    agent = section["agents"]["items"]["properties"]

    assert keys(SCHEMA) == {one.name for one in fields(Fleet)}
    assert keys(top["polling"]["items"]) == {one.name for one in fields(Polling)}
    assert keys(top["critical"]) == {one.name for one in fields(Limits)}
    assert keys(top["budgets"]["items"]) == {*budgets.KEYS}
    assert keys(top["autonomy"]) == {*autonomy.KEYS}
    assert keys(section["kinds"]["items"]) == {*autonomy.KIND_KEYS}
    assert keys(section["agents"]["items"]) == {*autonomy.STANDING_KEYS}
    assert keys(agent["may"]["items"]) == {*autonomy.PERMISSION_KEYS}


def test_the_schema_has_the_classes_there_are() -> None:
    kind = SCHEMA["properties"]["autonomy"]["properties"]["kinds"]["items"]

    assert tuple(kind["properties"]["class"]["enum"]) == autonomy.CLASSES


@pytest.mark.parametrize(
    "text", ["30", "30s", "500ms", "1.5h", "7d", "5 m", "", "1.2.3s", "2w", "m", "-1s"]
)
def test_editors_and_fleetglass_accept_the_same_durations(text: str) -> None:
    valid = SCHEMA["properties"]["autonomy"]["properties"]["approval"]["properties"]["valid"]
    pattern = valid["anyOf"][0]["pattern"]
    try:
        is_read = seconds(text) >= 0
    except ConfigurationError:
        is_read = False

    assert bool(re.search(pattern, text)) is is_read
