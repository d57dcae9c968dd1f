"""What fleet.yaml may say of budgets, and what it is told where it says nonsense."""

import zoneinfo
from decimal import Decimal
from pathlib import Path

import pytest

from fleetglass import ConfigurationError
from fleetglass_detectors.budgets.declared import Hard, Per, Scope
from fleetglass_detectors.fleet import Fleet, read

WHOLE = """
timezone: Europe/Berlin
currencies: {EUR: 1.08}
budgets:
  - {cohort: support-eu, per: day, usd: 50}
  - {agent: refunds, per: run, usd: 0.50}
  - {tenant: acme, agent: refunds, per: month, amount: 2000, currency: EUR, hard: throttle 30s}
  - {name: everything, per: hour, usd: 200, hard: halt}
"""


def fleet(tmp_path: Path, text: str) -> Fleet:
    file = tmp_path / "fleet.yaml"
    file.write_text(text)
    return read(file)


def test_budgets_are_read_as_they_are_meant(tmp_path: Path) -> None:
    found = fleet(tmp_path, WHOLE)
    day, run, month, everything = found.budgets

    assert found.timezone == zoneinfo.ZoneInfo("Europe/Berlin")
    assert (day.name, day.scope, day.usd) == (
        "cohort support-eu per day",
        Scope(cohort="support-eu"),
        Decimal(50),
    )
    assert (run.per, run.usd, run.hard) == (Per.RUN, Decimal("0.5"), None)
    assert month.name == "agent refunds of tenant acme per month"
    assert (month.usd, month.declared) == (Decimal("2160.00"), "2,000.00 EUR")
    assert month.hard == Hard(action="throttle", every_s=30.0)
    assert everything.by == "fleetglass budget everything"
    assert (everything.scope, everything.hard) == (Scope(), Hard(action="halt"))


def test_without_budgets_there_are_none(tmp_path: Path) -> None:
    for text in ("", "budgets:", "budgets: []", "timezone: UTC"):
        assert fleet(tmp_path, text).budgets == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("budgets: 3", "'budgets' in .* must be a list, not 3"),
        ("budgets: [3]", "budget 1 in .* must hold names with values, not 3"),
        ("budgets: [{per: day, usd: 0}]", "'usd' of budget 1 in .* a number over 0, not 0"),
        ("budgets: [{per: day, usd: -5}]", "must be a number over 0, not -5"),
        ("budgets: [{per: day, usd: .nan}]", "must be a number over 0, not nan"),
        ("budgets: [{per: day, usd: .inf}]", "must be a number over 0, not inf"),
        ("budgets: [{per: day, usd: true}]", "must be a number over 0, not True"),
        ("budgets: [{per: day, usd: '50'}]", "must be a number over 0, not '50'"),
        ("budgets: [{per: day, usd: 1.0e+300}]", "is too large"),
        ("budgets: [{per: day, uds: 5}]", "unknown key 'uds'; did you mean 'usd'"),
        ("budgets: [{per: day}]", "needs either 'usd', or 'amount' and 'currency'"),
        ("budgets: [{per: day, usd: 1, amount: 1}]", "needs either 'usd', or 'amount'"),
        ("budgets: [{per: day, amount: 5}]", "needs either 'usd', or 'amount' and 'currency'"),
        ("budgets: [{per: day, usd: 5, currency: EUR}]", "needs either 'usd'"),
        (
            "budgets: [{per: day, amount: 5, currency: EUR}]",
            "'EUR', whose rate is not known; .* 'currencies: {EUR: 1.08}'",
        ),
        ("budgets: [{per: dya, usd: 5}]", "is no period: 'dya'; did you mean 'day'"),
        ("budgets: [{usd: 5}]", "is no period: None; say one of run, hour, day, month"),
        ("budgets: [{agent: 42, per: day, usd: 5}]", "'agent' of .* must be a name, not 42"),
        ("budgets: [{agent: '', per: day, usd: 5}]", "'agent' of .* must be a name, not ''"),
        ("budgets: [{agent: 'a*', per: day, usd: 5}]", "an exact name, not 'a\\*'"),
        ("budgets: [{per: day, usd: 5, hard: true}]", "must be 'halt' or 'throttle 30s'"),
        ("budgets: [{per: day, usd: 5, hard: stop}]", "must be 'halt' or 'throttle 30s'"),
        ("budgets: [{per: day, usd: 5, hard: throttle}]", "must be 'halt' or 'throttle 30s'"),
        ("budgets: [{per: day, usd: 5, hard: throttle soon}]", "a duration is like"),
        ("budgets: [{per: day, usd: 5, hard: throttle 0s}]", "a throttle must be over 0"),
        ("budgets: [{per: run, usd: 5, hard: halt}]", "cannot be 'hard': .*Budget\\(usd=...\\)"),
        (
            "budgets: [{per: day, usd: 5}, {per: day, usd: 6}]",
            "budget 2 in .* has the scope and period of budget 1, 'fleet per day'",
        ),
        (
            "budgets: [{per: day, usd: 5, name: a}, {per: hour, usd: 6, name: a}]",
            "has the name of budget 1, 'a'",
        ),
        ("timezone: Europe/Berlinn", "no timezone: 'Europe/Berlinn'; did you mean 'Europe/Berlin'"),
        ("timezone: ../../etc/passwd", "names no timezone"),
        ("timezone: 1", "must be a name such as 'Europe/Berlin', not 1"),
        ("currencies: {eur: 1.08}", "a currency is three capitals, not 'eur'"),
        ("currencies: {EUR: 0}", "'EUR' of 'currencies' in .* a number over 0, not 0"),
        ("currencies: {USD: 1.1}", "costs are in USD; leave it out"),
        ("currencies: [EUR]", "must be like {EUR: 1.08}"),
        ("budget: []", "unknown key 'budget'; did you mean 'budgets'"),
    ],
)
def test_an_invalid_budget_is_refused_with_a_sentence(
    content: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        fleet(tmp_path, content)


def test_a_machine_without_timezones_is_told_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(name: str) -> zoneinfo.ZoneInfo:
        raise zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(zoneinfo, "ZoneInfo", none)
    monkeypatch.setattr(zoneinfo, "available_timezones", set[str])

    with pytest.raises(ConfigurationError, match="no timezones; install its tzdata"):
        fleet(tmp_path, "timezone: Europe/Berlin")
    assert fleet(tmp_path, "timezone: UTC") is not None
