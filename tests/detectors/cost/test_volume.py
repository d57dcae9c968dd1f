"""A flood of runs is found in minutes; nights, weekends, outages and put-forward clocks are not."""

import numpy as np
import pytest
from kit.checkpoints import reread, written

from fleetglass_detectors.alarms.evidence import FloatArray
from fleetglass_detectors.cost.volume import DAY_NS, HOUR_NS, MINUTE_NS, Volume
from fleetglass_detectors.detector import State

# A Monday at midnight, UTC.
MONDAY = 1_799_020_800_000_000_000
KEYS = 20
A_DAY = 1440


class Fleet:
    def __init__(self) -> None:
        self.volume = Volume(KEYS)
        self.log_a = np.full(KEYS, np.log(30.0 * A_DAY))
        self.rng = np.random.default_rng(3)
        self.minute = 0
        self.alarms = 0
        self.alarmed: set[int] = set()

    def rate(self, shift: int = 0) -> float:
        hour, day = (self.minute + shift) / 60 % 24, self.minute // A_DAY % 7
        daily = 1 + 2 / 3 * np.cos((hour - 14) / 24 * 2 * np.pi)
        return float(0.6 * daily * (0.4 if day >= 5 else 1.0))

    def pass_minutes(self, minutes: int, *, times: float = 1.0, shift: int = 0) -> FloatArray:
        """When each key was first in alarm; NaN if never."""
        first = np.full(KEYS, np.nan)
        for n in range(minutes):
            now = MONDAY + self.minute * MINUTE_NS
            counts = self.rng.poisson(self.rate(shift) * times, KEYS).astype(np.float64)
            self.volume.update(counts, now)
            found = self.volume.flooded(np.arange(KEYS), self.log_a, now)
            for slot in {*found.slots.tolist()} - self.alarmed:
                self.alarms += 1
                first[slot] = n + 1 if np.isnan(first[slot]) else first[slot]
            self.alarmed = {*found.slots.tolist()}
            self.minute += 1
            if self.minute % 60 == 0:
                self.volume.end_hour(KEYS, now)
        return first


@pytest.fixture(scope="module")
def known() -> State:
    """A fleet that is known for two weeks and has raised next to nothing."""
    fleet = Fleet()
    fleet.pass_minutes(14 * A_DAY)
    assert fleet.alarms <= 3
    return reread(fleet.volume.state(KEYS))


@pytest.fixture
def fleet(known: State) -> Fleet:
    fleet = Fleet()
    fleet.volume.restore(known, KEYS)
    fleet.minute = 14 * A_DAY
    return fleet


def test_three_times_as_many_runs_are_found_within_the_hour(fleet: Fleet) -> None:
    fleet.pass_minutes(10 * 60)
    found = fleet.pass_minutes(60, times=3.0)

    assert np.count_nonzero(~np.isnan(found)) == KEYS


def test_clocks_that_are_put_forward_and_back_raise_nothing(fleet: Fleet) -> None:
    fleet.pass_minutes(A_DAY, shift=60)
    fleet.pass_minutes(A_DAY, shift=-60)

    assert fleet.alarms <= 1


@pytest.mark.parametrize("times", [0.0, 0.2])
def test_after_quiet_days_the_usual_is_no_flood(fleet: Fleet, times: float) -> None:
    fleet.pass_minutes(2 * A_DAY, times=times)
    fleet.pass_minutes(A_DAY)

    assert fleet.alarms <= 1


def test_in_its_first_day_a_key_raises_nothing() -> None:
    fleet = Fleet()
    fleet.pass_minutes(12 * 60)
    fleet.pass_minutes(11 * 60, times=5.0)

    assert fleet.alarms == 0


def test_a_flood_teaches_nothing(fleet: Fleet) -> None:
    fleet.pass_minutes(10 * 60)
    before = fleet.volume.state(KEYS)["_profile"]
    fleet.pass_minutes(60, times=4.0)
    fleet.pass_minutes(60, times=4.0)
    fleet.pass_minutes(30)
    after = fleet.volume.state(KEYS)["_profile"]
    changed = np.frombuffer(after, np.float32).reshape(KEYS, 2, 24) / np.frombuffer(
        before, np.float32
    ).reshape(KEYS, 2, 24)

    # The first of the two hours taught until the flood was found.
    assert np.nanmedian(changed[:, 0, 11]) == pytest.approx(1.0)


def test_what_is_restored_goes_on_as_if_it_had_never_stopped(fleet: Fleet) -> None:
    again = Fleet()
    again.minute = fleet.minute
    again.volume.restore(reread(fleet.volume.state(KEYS)), KEYS)
    fleet.pass_minutes(90, times=2.0)
    again.pass_minutes(90, times=2.0)

    assert written(again.volume.state(KEYS)) == written(fleet.volume.state(KEYS))


def test_the_ends_of_time_do_no_harm() -> None:
    volume = Volume(2)
    for now in (0, 2**62, 1):
        volume.update(np.array([1e12, 0.0]), now)
        volume.end_hour(2, now)

    assert len(volume.flooded(np.arange(2), np.full(2, 10.0), DAY_NS + HOUR_NS).slots) <= 1
