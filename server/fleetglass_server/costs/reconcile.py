"""Where a provider's bill and the store differ, by how much, and most likely why."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files
from zoneinfo import ZoneInfo

from fleetglass_collector.store.reader import Reader
from fleetglass_server.costs import names
from fleetglass_server.costs.bill import Bill
from fleetglass_server.costs.period import Period, day_start

SQL = (files("fleetglass_server.costs") / "billed.sql").read_text()
TIMEOUT_S = 120.0
DAY_S = 86_400
# Whose days a bill may have, if not those that were said.
ZONES = (
    *("UTC", "America/Los_Angeles", "America/New_York", "Europe/London", "Europe/Berlin"),
    *("Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney"),
)
# Days that differ less than that in sum may differ for any reason.
NOTABLE = Decimal("0.02")


@dataclass(slots=True, kw_only=True)
class Amounts:
    """Of the bill, and here."""

    billed: Decimal = Decimal()
    here: Decimal = Decimal()
    billed_tokens: int = 0
    tokens: int = 0
    unpriced: int = 0
    failed: int = 0

    @property
    def difference(self) -> Decimal:
        """Positive where there is more here than on the bill."""
        return self.here - self.billed

    def join(self, other: "Amounts") -> None:
        for name in ("billed", "here", "billed_tokens", "tokens", "unpriced", "failed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


Key = tuple[date, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """What calls of a model cost in a quarter of an hour."""

    at: int
    provider: str
    model: str
    amounts: Amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    bill: str
    days: tuple[date, date]
    zone: str
    providers: Sequence[str]
    """Those whose bill it is; empty for all."""
    cells: Mapping[Key, Amounts]
    left_out: Decimal
    """What others' models cost here."""
    by_tokens: bool
    """The bill tells tokens only: amounts are tokens."""
    has_tokens: bool
    better_zone: str = ""
    """Where the days of the bill go together with ours much better."""

    @property
    def total(self) -> Amounts:
        whole = Amounts()
        for amounts in self.cells.values():
            whole.join(amounts)
        return whole

    @property
    def by_model(self) -> dict[str, Amounts]:
        return self._joined(lambda key: key[1])

    @property
    def by_day(self) -> dict[str, Amounts]:
        return self._joined(lambda key: key[0].isoformat())

    def _joined(self, name: Callable[[Key], str]) -> dict[str, Amounts]:
        found: dict[str, Amounts] = {}
        for key, amounts in sorted(self.cells.items()):
            found.setdefault(name(key), Amounts()).join(amounts)
        return found

    def is_within(self, tolerance: float) -> bool:
        """Whether neither the total nor a model of it is off by more than that share of all."""
        limit = Decimal(str(tolerance)) * abs(self.total.billed)
        models = self.by_model.values()
        return all(abs(one.difference) <= limit for one in (self.total, *models))


def reconcile(reader: Reader, bill: Bill, *, zone: ZoneInfo, tenant: str, whose: str) -> Comparison:
    """Hold a bill against what was traced on its days."""
    return compare(bill, here(reader, bill.days, tenant), zone=zone, whose=whose)


def here(reader: Reader, days: tuple[date, date], tenant: str) -> list[Here]:
    """What calls cost on these days, and on those around them: a zone's days begin elsewhere."""
    start, end = day_start(days[0]) - DAY_S, day_start(days[1]) + 2 * DAY_S
    asked = Period(start=max(0, start), end=end, length=end - start, now=end, tenant=tenant)
    return [
        Here(
            at=int(row["at"]),
            provider=row["by_provider"],
            model=row["of_model"],
            amounts=Amounts(
                here=Decimal(row["dollars"]),
                tokens=int(row["tokens"]),
                unpriced=int(row["without_price"]),
                failed=int(row["failed_calls"]),
            ),
        )
        for row in reader.rows(SQL, timeout_s=TIMEOUT_S, **asked.parameters)
    ]


def compare(bill: Bill, rows: Sequence[Here], *, zone: ZoneInfo, whose: str = "") -> Comparison:
    seller = names.known(whose, "")[0] if whose else ""
    by_model = any(charge.model for charge in bill.charges)
    billed = _billed(bill, seller)
    providers = _providers(bill, seller or whose.lower())
    ours = [row for row in rows if not providers or _seller(row) in providers]
    others = [row for row in rows if providers and _seller(row) not in providers]
    first, last = bill.days

    def cells(zone: ZoneInfo) -> dict[Key, Amounts]:
        found: dict[Key, Amounts] = defaultdict(Amounts)
        for key, amounts in billed.items():
            found[key].join(amounts)
        for row in ours:
            if first <= (day := _day(row.at, zone)) <= last:
                model = names.known(row.provider, row.model)[1] if by_model else ""
                found[day, model].join(row.amounts)
        return found

    left_out = (row.amounts.here for row in others if first <= _day(row.at, zone) <= last)
    return Comparison(
        bill=bill.name,
        days=(first, last),
        zone=zone.key,
        providers=sorted(providers),
        cells=_in_tokens(cells(zone)) if not bill.has_costs else cells(zone),
        left_out=sum(left_out, Decimal()),
        by_tokens=not bill.has_costs,
        has_tokens=bill.has_tokens,
        better_zone=_better_zone(cells, zone) if bill.has_costs else "",
    )


def _billed(bill: Bill, seller: str) -> dict[Key, Amounts]:
    found: dict[Key, Amounts] = defaultdict(Amounts)
    for charge in bill.charges:
        model = names.known(seller, charge.model)[1] if charge.model else ""
        found[charge.day, model].join(
            Amounts(billed=charge.cost or Decimal(), billed_tokens=charge.tokens or 0)
        )
    return found


def _providers(bill: Bill, seller: str) -> set[str]:
    """Whose bill it is, by its models; all of ours are compared where nothing says so."""
    if seller:
        return {seller}
    found = Counter(names.known("", charge.model)[0] for charge in bill.charges if charge.model)
    return {provider for provider in found if provider}


def _seller(row: Here) -> str:
    provider = names.known(row.provider, row.model)[0]
    return provider or row.provider.lower()


def _day(second: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(second, UTC).astimezone(zone).date()


def _in_tokens(cells: Mapping[Key, Amounts]) -> dict[Key, Amounts]:
    for amounts in cells.values():
        amounts.billed, amounts.here = Decimal(amounts.billed_tokens), Decimal(amounts.tokens)
    return dict(cells)


def _better_zone(cells: Callable[[ZoneInfo], Mapping[Key, Amounts]], zone: ZoneInfo) -> str:
    """The zone by which the days hardly differ, where by this one they do."""
    now = cells(zone)
    notable = NOTABLE * abs(sum((one.billed for one in now.values()), Decimal()))
    # One day alone goes together with whichever zone has as much by chance.
    if len({day for day, _ in now}) < 2 or _misfit(now) <= notable:
        return ""
    misfits = {name: _misfit(cells(ZoneInfo(name))) for name in ZONES if name != zone.key}
    best = min(misfits, key=lambda name: misfits[name])
    return best if misfits[best] <= notable else ""


def _misfit(cells: Mapping[Key, Amounts]) -> Decimal:
    days: dict[date, Decimal] = defaultdict(Decimal)
    for (day, _), amounts in cells.items():
        days[day] += amounts.difference
    return sum(map(abs, days.values()), Decimal())
