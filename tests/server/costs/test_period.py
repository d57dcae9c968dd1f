"""The minutes that a report is about."""

import pytest

from fleetglass_collector.errors import ConfigError
from fleetglass_server.costs import period

NOW = 1_800_000_030


def test_without_an_end_a_period_ends_now_and_leaves_room_for_clocks() -> None:
    chosen = period.of(now=NOW, since="5m")

    assert chosen.is_open
    assert chosen.until == NOW
    # A span that is dated a year later has a wrong clock and does not count.
    assert NOW < chosen.end <= NOW + 360
    assert chosen.start >= NOW - 300


def test_with_an_end_nothing_after_it_counts() -> None:
    chosen = period.of(now=NOW, since="2026-09-21", until="2026-09-22")

    assert not chosen.is_open
    assert chosen.end == chosen.until == chosen.start + 86_400


@pytest.mark.parametrize("since", ["yesterday", "9999-01-01", "0m", "-5m"])
def test_a_time_that_cannot_be_read_is_refused(since: str) -> None:
    with pytest.raises(ConfigError):
        period.of(now=NOW, since=since)
