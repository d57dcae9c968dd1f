"""Conditions in CEL: what holds, what cannot be known, and what is refused."""

import pytest

from fleetglass import ConfigurationError
from fleetglass.autonomy.conditions import Condition

FACTS = {
    "args": {"currency": "USD", "lines": [1, 2]},
    "agent": "refunds",
    "cohort": "",
    "tool": "refund",
    "action": "",
    "amount": 20.0,
    "to": ["DE12"],
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('args.currency == "USD" && amount < 50.0', True),
        ('args.currency == "EUR"', False),
        ("size(args.lines) <= 2", True),
        ('to.all(one, one.startsWith("DE"))', True),
        ('args.missing == "x"', None),
        ("amount / 0.0 > args.nothing", None),
        ("amount", None),
    ],
)
def test_a_condition_holds_or_not_or_cannot_be_known(text: str, holds: bool | None) -> None:
    assert Condition(text, "'when'").holds(FACTS) is holds


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must be a condition in CEL"),
        ("amount <", "is not valid CEL: column"),
        ("x" * 600, "longer than 500 characters"),
        ("[1].all(a, [1].all(b, a == b))", "which could take very long"),
    ],
)
def test_a_condition_that_is_wrong_or_could_take_long_is_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        Condition(text, "'when'")


def test_arguments_that_are_too_large_are_not_looked_at() -> None:
    facts = FACTS | {"args": {"currency": "USD", "text": "x" * 20_000}}

    assert Condition('args.currency == "USD"', "'when'").holds(facts) is None


def test_a_hostile_pattern_takes_no_time() -> None:
    facts = FACTS | {"args": {"text": "a" * 10_000 + "!"}}

    assert Condition('args.text.matches("(a+)+$")', "'when'").holds(facts) is False
