"""Cost: how soon what goes wrong with spend is noticed, beside simpler rules; and how fast that is.

    .venv/bin/python benchmarks/costs.py [--streams 30] [--days 28]

Made streams (compound Poisson, lognormal costs, days and weekends): ours with the thresholds that
follow from one false alarm in 30 days of a stream, without any calibration; the rivals with
thresholds set on the same history to just that rate. Then the Azure trace of 58 minutes of real
requests, where nothing is labelled: runaways are put into its second half, and the untouched one is
what false alarms are counted on. Last, 100,000 keys that are all updated every minute.
"""

import argparse
import gzip
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

import costs_streams
from costs_streams import KINDS, MEAN, MINUTES_A_DAY, RUNS_A_DAY, Floats, Minute, minute_of
from fleetglass_detectors.alarms.allowance import Allowance
from fleetglass_detectors.cost.ledger import NUMBERS, RunRows
from fleetglass_detectors.cost.series import THRESHOLD, SeriesScorer
from fleetglass_detectors.cost.streams import Streams
from fleetglass_detectors.engine import checkpoint

Bools = npt.NDArray[np.bool_]

AZURE = Path(__file__).parents[2] / "shared/data/tokens/azure_conv.csv.gz"
ONE_IN_DAYS = 30.0
WITHIN_MINUTES = 2 * MINUTES_A_DAY
AT = 9 * 60 + 25
BUCKET = 5


def main() -> None:
    """Print it all; some ten minutes on one core."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--streams", type=int, default=30)
    arguments.add_argument("--days", type=int, default=28)
    given = arguments.parse_args()
    made(given.streams, given.days)
    azure()
    many_keys()


def rows_of(keys: Sequence[str], costs: Floats, *, first: int = 0) -> RunRows:
    """Runs that are over, as the ledger would tell them."""
    columns = {name: np.zeros(len(keys)) for name in NUMBERS}
    columns["cost"], columns["ended"] = costs, np.ones(len(keys))
    numbers = [*range(first, first + len(keys))]
    return RunRows(numbers=numbers, keys=keys, runs=[str(n) for n in numbers], columns=columns)


class Ours:
    """What `Costs` does with what it reads, without the database."""

    def __init__(self, streams: int) -> None:
        pages = streams * 7 / ONE_IN_DAYS
        self.streams = Streams(Allowance(pages_per_week=pages, weights={"cost": 1.0}))
        self.keys = [f"t\0agent\0a{n}" for n in range(streams)]
        self.told = 0

    def see(self, minute: Minute) -> set[tuple[str, str]]:
        """Take a minute in; what stands out, as (agent, kind)."""
        now = minute.at_ns + 60_000_000_000
        keys: list[str] = [self.keys[int(n)] for n in minute.streams]
        told = rows_of(keys, minute.costs, first=self.told)
        self.told += len(told)
        found = {(extreme.key.name, "a single run") for extreme in self.streams.extremes(told)}
        self.streams.mark(told, now)
        counts = np.bincount(minute.streams, minlength=len(self.keys))
        begun = {self.keys[n]: float(counts[n]) for n in np.flatnonzero(counts)}
        self.streams.minute(begun, minute.at_ns)
        if minute.number % 60 == 59:
            self.streams.end_hour(minute.at_ns, now)
        self.streams.settle(now)
        return found | {(one.key.name, one.kind) for one in self.streams.found(now)}


def made(streams: int, days: int) -> None:
    rng = np.random.default_rng(1)
    ours = Ours(streams)
    totals: list[Floats] = []
    false: dict[str, int] = {}
    before: set[tuple[str, str]] = set()
    for number in range(days * MINUTES_A_DAY):
        minute = minute_of(number, streams, rng)
        now = ours.see(minute)
        for _, kind in now - before:
            false[kind] = false.get(kind, 0) + 1
        before = now
        totals.append(_totals(minute, streams))
    print(f"\n{streams} streams of {days} days without a change, ours at 1 false alarm in 30 days:")
    for kind, count in sorted(false.items()):
        print(f"  {kind:14} {count / (streams * days) * ONE_IN_DAYS:.2f} in 30 days of a stream")
    rivals = Rivals(np.array(totals))
    state = b"".join(checkpoint.encode(ours.streams.state()))
    print(f"\n{'median delay in minutes (share found in two days)':34}")
    print("  ".join(f"{name:>26}" for name in ("", "fleetglass", *rivals.names)))
    for kind in KINDS:
        again = Ours(streams)
        again.streams.restore(checkpoint.decode(state))
        again.told = ours.told
        print(f"{kind:>26}", *tried(again, rivals, kind, days, streams), sep="  ")


def tried(ours: Ours, rivals: "Rivals", kind: str, days: int, streams: int) -> Iterator[str]:
    rng = np.random.default_rng(99)
    since = days * MINUTES_A_DAY + AT
    first = np.full(streams, np.nan)
    totals: list[Floats] = []
    before: set[tuple[str, str]] = set()
    for number in range(days * MINUTES_A_DAY, since + WITHIN_MINUTES):
        minute = minute_of(number, streams, rng, kind=kind, since=since)
        totals.append(_totals(minute, streams))
        now = ours.see(minute)
        for agent, _ in now - before:
            place = int(agent[1:])
            if number >= since and np.isnan(first[place]):
                first[place] = number + 1 - since
        before = now
    yield _told(first)
    for delays in rivals.delays(np.array(totals), AT):
        yield _told(delays)


def _totals(minute: Minute, streams: int) -> Floats:
    return np.bincount(minute.streams, minute.costs, streams).astype(np.float64)


def _told(delays: Floats) -> str:
    share = np.mean(~np.isnan(delays))
    return f"{np.nanmedian(delays) if share else np.nan:16.0f} ({share:4.0%})  "


class Rivals:
    """Rules on totals. What is usual they take from the first half of the history.

    Their thresholds are such that the second half has one alarm in 30 days of a stream.
    """

    names = ("z of 5-min totals", "EWMA of log totals", "burn rate")

    def __init__(self, totals: Floats) -> None:
        self._history = totals
        days = len(totals) // MINUTES_A_DAY // 2
        self._usual = totals[: days * MINUTES_A_DAY]
        self._scores: tuple[Callable[[Floats], Floats], ...] = (self._z, self._ewma)
        begun = len(self._usual) // BUCKET
        self._levels = [
            _level(score(self._buckets(totals))[begun:], BUCKET) for score in self._scores
        ]

    def delays(self, totals: Floats, at: int) -> Iterator[Floats]:
        """Minutes until each stream's alarm; the history is what they know."""
        both = np.concatenate([self._history, totals])
        begun = len(self._history) // BUCKET
        for score, level in zip(self._scores, self._levels, strict=True):
            values = score(self._buckets(both))[begun:]
            yield _first(values > level, at // BUCKET) * BUCKET
        yield _first(self._burns(both)[len(self._history) :], at)

    def _buckets(self, totals: Floats) -> Floats:
        whole = totals[: len(totals) // BUCKET * BUCKET]
        return whole.reshape(-1, BUCKET, totals.shape[1]).sum(axis=1)

    def _z(self, buckets: Floats) -> Floats:
        """Against the same five minutes of the days of the history."""
        a_day = MINUTES_A_DAY // BUCKET
        known = self._buckets(self._usual)
        days = known[: len(known) // a_day * a_day].reshape(-1, a_day, buckets.shape[1])
        mean, spread = days.mean(axis=0), days.std(axis=0) + 1e-9
        place = np.arange(len(buckets)) % a_day
        return (buckets - mean[place]) / spread[place]

    def _ewma(self, buckets: Floats) -> Floats:
        a_day = MINUTES_A_DAY // BUCKET
        logs = np.log1p(buckets)
        known = np.log1p(self._buckets(self._usual))
        days = known[: len(known) // a_day * a_day].reshape(-1, a_day, buckets.shape[1])
        left = logs - days.mean(axis=0)[np.arange(len(logs)) % a_day]
        smooth = np.zeros_like(left)
        for n in range(1, len(left)):
            smooth[n] = 0.95 * smooth[n - 1] + 0.05 * left[n]
        return smooth

    def _burns(self, totals: Floats) -> Bools:
        """A month's budget of 1.25 times the mean spend, and the pairs of windows of SRE books."""
        budget = 1.25 * RUNS_A_DAY * MEAN * (5 + 2 * 0.4) / 7 / MINUTES_A_DAY
        summed = np.concatenate([np.zeros((1, totals.shape[1])), np.cumsum(totals, axis=0)])

        def rate(minutes: int) -> Floats:
            spent = summed[minutes:] - summed[:-minutes]
            lead = np.zeros((minutes - 1, totals.shape[1]))
            return np.concatenate([lead, spent]) / (budget * minutes)

        pairs = ((60, 5, 14.4), (360, 30, 6.0), (1440, 120, 2.0), (4320, 360, 1.2))
        burning = np.zeros(totals.shape, np.bool_)
        for long, short, times in pairs:
            burning |= (rate(long) > times) & (rate(short) > times)
        return burning


def _level(scores: Floats, bucket: int) -> float:
    """Exceeded once in 30 days of a stream, alarms that touch counting as one."""
    days = scores.size * bucket / MINUTES_A_DAY
    wanted = max(1, round(days / ONE_IN_DAYS))
    low, high = float(scores.min()), float(scores.max())
    for _ in range(50):
        middle = (low + high) / 2
        over = scores > middle
        begun = int((over[1:] & ~over[:-1]).sum())
        low, high = (middle, high) if begun > wanted else (low, middle)
    return high


def _first(alarms: Bools, at: int) -> Floats:
    """How long after `at` each stream's first new alarm begins; NaN where there is none."""
    new = alarms.copy()
    new[1:] &= ~alarms[:-1]
    after = new[at:]
    return np.where(after.any(axis=0), after.argmax(axis=0) + 1.0, np.nan)


def azure() -> None:
    """Real requests: what they cost at gpt-4o's price, one by one, and by ten seconds."""
    if not AZURE.exists():
        print(f"\nno Azure trace: {AZURE} is absent")
        return
    seconds, costs = _requests()
    half = float(seconds[-1]) / 2
    print(f"\nAzure, {len(costs):,} requests; put into the second half: seconds to the alarm")
    quiet = [*_watched(seconds, costs)]
    hours = (seconds[-1] - half) / 3600
    late = [at for at, _ in quiet if at > half]
    early = len(quiet) - len(late)
    print(f"  nothing: {len(late) / hours:.1f} alarms an hour (first half: {early})")
    for name, factor in _runaways(seconds, half).items():
        found = [(at, kind) for at, kind in _watched(seconds, costs * factor) if at > half]
        series = _series(seconds, costs * factor, half)
        first = f"{found[0][0] - half:.0f} ({found[0][1]})" if found else "not found"
        print(f"  {name:24} by run {first:28} by series {series}")


def _runaways(seconds: Floats, half: float) -> dict[str, Floats]:
    late = seconds > half
    ramp = 1 + np.maximum(0.0, seconds - half) / 600
    times = {f"all x{n}": np.where(late, float(n), 1.0) for n in (1.3, 3, 5, 10)}
    some = np.random.default_rng(5).random(len(seconds)) < 0.1
    return {
        **times,
        "10 % of requests x10": np.where(late & some, 10.0, 1.0),
        "ramp, double in 10 min": ramp,
    }


def _requests() -> tuple[Floats, Floats]:
    with gzip.open(AZURE, "rt") as file:
        rows = [line.split(",") for line in file.read().splitlines()[1:]]
    times = [datetime.fromisoformat(row[0][:26]).timestamp() for row in rows]
    costs = [2.5e-6 * int(row[1]) + 10e-6 * int(row[2]) for row in rows]
    return np.array(times) - times[0], np.array(costs)


def _watched(seconds: Floats, costs: Floats) -> Iterator[tuple[float, str]]:
    """When something begins to stand out, in steps of ten seconds, and what."""
    allowance = Allowance(pages_per_week=7 / ONE_IN_DAYS, weights={"cost": 1.0})
    streams, before = Streams(allowance), set[str]()
    start = costs_streams.FIRST_MINUTE * 60
    for at in range(10, int(seconds[-1]) + 10, 10):
        which = (seconds > at - 10) & (seconds <= at)
        told = rows_of(["t\0agent\0azure"] * int(which.sum()), costs[which])
        now = {"a single run" for _ in streams.extremes(told)}
        streams.mark(told, (start + at) * 1_000_000_000)
        streams.settle((start + at) * 1_000_000_000)
        now |= {one.kind for one in streams.found((start + at) * 1_000_000_000)}
        yield from ((float(at), kind) for kind in sorted(now - before))
        before = now


def _series(seconds: Floats, costs: Floats, half: float) -> str:
    rates = np.bincount((seconds // 10).astype(int), costs)
    scorer = SeriesScorer()
    scores = [scorer.score(10.0 * n, rate) for n, rate in enumerate(rates)]
    over = [10 * (n + 1) - half for n, score in enumerate(scores) if score >= THRESHOLD]
    after = [at for at in over if at > 0]
    return f"{after[0]:.0f}" if after else "not found"


def many_keys(keys: int = 100_000, minutes: int = 5) -> None:
    names = [f"t\0agent\0agent-{n}" for n in range(keys)]
    streams = Streams(Allowance(weights={"cost": 1.0}))
    rng = np.random.default_rng(2)
    start = costs_streams.FIRST_MINUTE * 60_000_000_000
    for n in range(60):
        streams.mark(rows_of(names, np.exp(rng.normal(0, 1.1, keys))), start + n)
    steps: dict[str, Callable[[int], object]] = {
        "marks": lambda now: streams.mark(rows_of(names, np.exp(rng.normal(0, 1.1, keys))), now),
        "volume": lambda now: streams.minute(dict.fromkeys(names, 1.0), now),
        "learning": streams.settle,
        "alarms": lambda now: [*streams.found(now)],
    }
    print(f"\n{keys:,} keys, a run of each every minute: CPU seconds a minute")
    for name, step in steps.items():
        print(f"  {name:9} {_cpu(step, [start + n * 60_000_000_000 for n in range(minutes)]):.2f}")
    print(f"  state: {len(checkpoint.encode(streams.state())[1]) / keys:,.0f} bytes a key")


def _cpu(step: Callable[[int], object], times: Iterable[int]) -> float:
    spent: list[float] = []
    for now in times:
        began = time.process_time()
        step(now)
        spent.append(time.process_time() - began)
    return float(np.mean(spent))


if __name__ == "__main__":
    main()
