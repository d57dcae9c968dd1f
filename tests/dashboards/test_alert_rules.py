"""Alert rules speak of metrics that there are, and say what to do."""

import re
from typing import Any

import pytest
import yaml
from kit.places import ROOT

from fleetglass_collector.metrics import DIRECTIVES_AGE
from fleetglass_detectors.engine.health import DOCS, PREFIX

FILE = ROOT / "dashboards" / "alerts" / "fleetglass.yaml"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(FILE.read_text())["groups"] for rule in group["rules"]
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_a_rule_watches_what_is_measured_and_says_what_to_do(rule: dict[str, Any]) -> None:
    measured = {DIRECTIVES_AGE, *(PREFIX + name for name in DOCS)}

    assert set(re.findall(r"fleetglass_\w+", rule["expr"])) <= measured
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["what_to_do"]
    assert rule["labels"]["severity"] in ("warning", "critical")
