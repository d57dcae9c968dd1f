"""How much an action moves, and to whom, out of arguments as agents write them."""

from typing import Any

import pytest
from kit.autonomy_runs import action, policy, rules, run

SCOPED = policy("""
agents:
  - {agent: refunds, tier: 1, may: [{tool: send_mail, tier: 4, to: ["*@example.com"]}]}
""")


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (20, 20.0),
        ("$1,250.50", 1250.5),
        ("1,000,000", 1e6),
        ("20 USD", None),
        ("1.000,50", None),
        ("1,50", None),
        (-500, 500.0),
        ("-500", 500.0),
        (True, None),
        (float("nan"), None),
    ],
)
def test_an_amount_is_read_only_where_it_is_clear(value: Any, amount: float | None) -> None:
    assert action("refund", args={"amount": value}).amount(None) == amount


def test_a_declared_amount_counts_by_its_size() -> None:
    assert action("refund", declared_amount=-70.0).amount(None) == 70


@pytest.mark.parametrize(
    "to",
    [
        {"to": "eve@elsewhere.org, ann@example.com"},
        {"to": "Eve <eve@elsewhere.org>; ann@example.com"},
        {"to": ["ann@example.com", "eve@elsewhere.org"]},
        {"to": "ann@example.com", "cc": ["eve@elsewhere.org"]},
        {"to": "ann@example.com", "bcc": "eve@elsewhere.org"},
    ],
)
def test_everybody_who_gets_it_has_to_be_in_scope(to: dict[str, Any]) -> None:
    assert rules(run(action("send_mail", args=to)), SCOPED) == ["out-of-scope"]


@pytest.mark.parametrize(
    ("args", "targets"),
    [
        ({"to": "Ann <ann@example.com>"}, ("ann@example.com",)),
        ({"account": "DE89 3704 0044"}, ("DE89 3704 0044",)),
        ({"url": "https://shop.example/a,b;c"}, ("https://shop.example/a,b;c",)),
        ({"channel": "@here", "cc": "4111"}, ("@here",)),
        ({"user": 7}, ("7",)),
        ({"to": {"name": "Ann"}}, ()),
    ],
)
def test_recipients_are_read_as_they_are(args: dict[str, Any], targets: tuple[str, ...]) -> None:
    assert action("send", args=args).targets(None) == targets
