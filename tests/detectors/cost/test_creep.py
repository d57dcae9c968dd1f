"""What moves is found however slowly it moves, and what stays where it was is left in peace."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.checkpoints import reread, written

from fleetglass_detectors.alarms.evidence import FloatArray
from fleetglass_detectors.cost.creep import Creep, Moved
from fleetglass_detectors.cost.usual import DAY_NS, THETAS, Usual

START = 1_700_000_000_000_000_000
A_DAY = 864
LOG_A = np.log(30.0 * A_DAY)


class Charts:
    """Some keys whose marks all come at once, `A_DAY` of them a day."""

    def __init__(self, keys: int, seed: int = 1) -> None:
        self.usual = Usual(keys, floor=0.1, least=float(np.log(1.02)))
        self.creep = Creep(keys, self.usual)
        self.slots = np.arange(keys)
        self.log_a = np.full(keys, LOG_A)
        self.rng = np.random.default_rng(seed)
        self.now_ns = START
        self.false = 0
        self.alarmed: set[int] = set()

    def pass_days(self, days: float, *, shift: float = 0.0) -> FloatArray:
        """Let days pass; of how many marks each key's first new alarm came, NaN if none did."""
        first = np.full(len(self.slots), np.nan)
        for n in range(int(days * A_DAY)):
            self.now_ns += DAY_NS // A_DAY
            marks = self.rng.normal(shift, 1.1, len(self.slots))
            self.creep.update(self.slots, marks, self.now_ns)
            moved = {*self.moved().slots.tolist(), *self.moved(up=False).slots.tolist()}
            for slot in moved - self.alarmed:
                first[slot] = n + 1 if np.isnan(first[slot]) else first[slot]
            self.alarmed = moved
            if n % 36 == 0:
                self.creep.settle(self.now_ns)
        return first

    def moved(self, *, up: bool = True) -> Moved:
        return self.creep.moved(self.slots, self.log_a, self.now_ns, up=up)


def test_what_stays_as_it_was_raises_no_more_than_is_allowed() -> None:
    charts = Charts(60)
    alarms = charts.pass_days(10)

    # 600 days of keys: twenty at one in thirty days.
    assert np.count_nonzero(~np.isnan(alarms)) <= 20


@pytest.mark.parametrize(("times", "within"), [(1.3, 900), (3.0, 60), (1 / 1.4, 900), (0.2, 60)])
def test_a_shift_is_found_up_and_down(times: float, within: int) -> None:
    charts = Charts(20)
    charts.pass_days(6)
    found = charts.pass_days(within / A_DAY, shift=float(np.log(times)))

    assert np.count_nonzero(~np.isnan(found)) >= 18
    moved = charts.moved(up=times > 1)
    assert np.median(np.exp(moved.shift)) == pytest.approx(times, rel=0.35)
    assert (moved.since_ns > START + 5.9 * DAY_NS).all()


def test_a_key_in_alarm_learns_nothing_until_the_alarm_has_lasted_for_a_day() -> None:
    charts = Charts(5)
    charts.pass_days(4)
    before = charts.usual.typical(charts.slots)
    charts.pass_days(0.7, shift=2.0)
    during = charts.usual.typical(charts.slots)
    charts.pass_days(0.5, shift=2.0)

    assert np.allclose(before, during, atol=0.1)
    assert np.allclose(charts.usual.typical(charts.slots), before + 2.0, atol=0.4)
    assert len(charts.moved().slots) == 0


def test_an_alarm_ends_when_all_is_as_before() -> None:
    charts = Charts(10)
    charts.pass_days(4)
    charts.pass_days(0.1, shift=1.5)
    alarmed = len(charts.moved().slots)
    charts.pass_days(0.8)

    assert alarmed == 10
    assert len(charts.moved().slots) == 0


def test_the_first_marks_may_be_untypical() -> None:
    """What is learnt from forty alike runs must not keep the rest of a key's life in alarm."""
    charts = Charts(10)
    charts.usual.observe(np.repeat(charts.slots, 40), np.full(400, 0.3), START)
    charts.pass_days(2)

    # Twenty days of keys, of which one in thirty may alarm.
    assert np.count_nonzero(~np.isnan(charts.pass_days(2))) <= 2
    assert (charts.usual.unit[charts.slots] > 0.7).all()


def test_a_bet_wins_nothing_on_average_from_what_is_usual() -> None:
    """The mean of exp(theta z - psi) is below one, or its alarms would not be rationed."""
    usual = Usual(1, floor=0.1, least=0.0)
    rng = np.random.default_rng(4)
    slots = np.zeros(3000, np.int64)
    for n in range(4):
        usual.observe(slots, rng.gamma(0.7, 1.0, 3000), START + n)
        usual.settle(START + n, held=np.zeros(1, np.bool_))
    fresh = usual.bins(slots, rng.gamma(0.7, 1.0, 3000))
    factors = np.exp(usual.log_factors(slots, fresh))

    assert factors.shape == (3000, THETAS.size + 1)
    assert (factors.mean(axis=0) < 1.01).all()


@pytest.mark.parametrize("kind", ["normal", "pareto", "t"])
def test_a_rare_level_is_exceeded_as_rarely_as_it_says(kind: str) -> None:
    rng = np.random.default_rng(6)
    keys = 50
    usual = Usual(keys, floor=0.1, least=0.0)
    slots = np.repeat(np.arange(keys), 1000)
    for n in range(4):
        usual.observe(slots, drawn(kind, len(slots), rng), START + n)
        usual.settle(START + n, held=np.zeros(keys, np.bool_))
    level = usual.tail(np.arange(keys), np.full(keys, 1e-4))
    exceeded = np.mean([(drawn(kind, 20_000, rng) > one).mean() for one in level])

    assert 0.05e-4 < exceeded < 4e-4


def drawn(kind: str, count: int, rng: np.random.Generator) -> FloatArray:
    """Marks with a light, an exponential and a heavy tail."""
    if kind == "normal":
        return rng.normal(0, 1.1, count)
    if kind == "pareto":
        return np.log1p(rng.pareto(2.0, count))
    return rng.standard_t(3, count)


@settings(max_examples=8)
@given(cut=st.integers(0, 300), seed=st.integers(0, 1000))
def test_what_is_restored_goes_on_as_if_it_had_never_stopped(cut: int, seed: int) -> None:
    never, after = Charts(3, seed), Charts(3, seed)
    never.pass_days(cut / A_DAY)
    after.creep.restore(reread(never.creep.state(3)), 3)
    after.rng, after.now_ns = never.rng, never.now_ns
    state = never.rng.bit_generator.state
    never.pass_days(0.3, shift=1.0)
    after.rng.bit_generator.state = state
    after.pass_days(0.3, shift=1.0)

    assert written(after.creep.state(3)) == written(never.creep.state(3))


def test_hostile_marks_poison_nothing() -> None:
    charts = Charts(2)
    charts.pass_days(2)
    bad = np.array([np.nan, np.inf, -np.inf, 1e300, -1e300])
    charts.creep.update(np.zeros(5, np.int64), bad, charts.now_ns)
    charts.pass_days(1)

    assert np.isfinite(charts.usual.typical(charts.slots)).all()
    assert np.isfinite(charts.usual.tail(charts.slots, np.full(2, 1e-4))).all()
    assert np.isfinite(charts.moved().shift).all()


def test_a_new_key_in_an_old_slot_has_no_past() -> None:
    charts = Charts(1)
    charts.pass_days(3)
    charts.creep.reset(charts.slots)

    fresh = Charts(1)
    assert written(charts.creep.state(1)) == written(_reset(fresh).creep.state(1))


def _reset(charts: Charts) -> Charts:
    charts.creep.reset(charts.slots)
    return charts
