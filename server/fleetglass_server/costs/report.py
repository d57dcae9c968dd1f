"""What `fleetglass costs` says, before it is laid out: lines, their sum, and why it changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from fleetglass_server.costs import reasons as costing
from fleetglass_server.costs.cell import Cell, Counted
from fleetglass_server.costs.period import Period
from fleetglass_server.costs.spend import Reported, Run, Spend, models_of

DIMENSIONS = ("agent", "model", "cohort", "tenant", "tool")
REASONS = 5
RUNS = 5
# One key is named by itself where it makes so much of the change.
MOST = 0.5
CENT = Decimal("0.01")


@dataclass(slots=True, kw_only=True)
class Line:
    """A key, the others, or all."""

    key: str
    cost: Decimal = Decimal()
    before: Decimal = Decimal()
    runs: int = 0
    input: float = 0
    output: float = 0
    cached: float = 0
    calls: int = 0
    failed: int = 0
    unpriced: int = 0
    many: int = 1
    """How many keys it stands for."""

    @property
    def change(self) -> Decimal:
        return self.cost - self.before

    @property
    def tokens(self) -> float:
        return self.input + self.output

    @property
    def is_shown(self) -> bool:
        return bool(self.cost or self.before or self.unpriced)

    @property
    def has_no_price(self) -> bool:
        """Whether all that it cost is unknown."""
        return bool(self.unpriced) and not self.cost

    def add(self, cell: Cell) -> None:
        if not cell.later:
            self.before += cell.cost
            return
        self.cost += cell.cost
        self.input += cell.input
        self.output += cell.output
        self.cached += cell.cached
        self.calls += cell.calls
        self.failed += cell.failed
        self.unpriced += cell.unpriced

    def join(self, other: "Line") -> None:
        for name in ("cost", "before", "input", "output", "cached", "calls", "failed", "unpriced"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    dimension: str
    period: Period
    lines: Sequence[Line]
    others: Line | None
    total: Line
    reasons: Sequence[costing.Reason] = ()
    main: tuple[str, str, float] | None = None
    """Dimension, key, and share of the change, where one makes most of it."""
    unpriced: Mapping[str, int] = field(default_factory=dict[str, int])
    """Calls without a price, by model."""
    reported: Sequence[Reported] = ()
    runs: Sequence[Run] = ()

    @property
    def digits(self) -> int:
        """Decimals of dollars: cents, and more where there are only few of them."""
        largest = max(self.total.cost, self.total.before)
        return 2 if largest >= 1 else 4 if largest >= CENT else 6

    @property
    def every(self) -> list[Line]:
        """Those that add up to the total."""
        return [*self.lines, *([self.others] if self.others else [])]


def report(spend: Spend, period: Period, dimension: str, *, limit: int) -> Report:
    # A change is explained by agents where the table is by what runs do not belong to.
    whose = dimension if dimension not in ("model", "tool") else "agent"
    cells = spend.cells(whose)
    counted = spend.runs(whose)
    shown, runs = _of_dimension(spend, dimension, cells, counted)
    lines = _lines(shown, runs)
    total = _total(lines.values(), runs)
    top, others = _cut(lines.values(), limit)
    whole = Report(dimension=dimension, period=period, lines=top, others=others, total=total)
    return Report(
        dimension=dimension,
        period=period,
        lines=top,
        others=others,
        total=total,
        reasons=costing.reasons(
            cells, counted, spend.weights(), limit=REASONS, digits=whole.digits
        ),
        main=_main(cells, whose),
        unpriced=_unpriced(cells),
        reported=spend.reported() if any(cell.reported for cell in cells) else (),
        runs=spend.most_expensive(RUNS) if total.cost else (),
    )


def _of_dimension(
    spend: Spend, dimension: str, cells: list[Cell], counted: Counted
) -> tuple[Iterable[Cell], Counted]:
    match dimension:
        case "tool":
            return spend.tools(counted.total)
        case "model":
            return models_of(cells), spend.runs("model")
        case _:
            return cells, counted


def _lines(cells: Iterable[Cell], runs: Counted) -> dict[str, Line]:
    lines: dict[str, Line] = {}
    for cell in cells:
        lines.setdefault(cell.key, Line(key=cell.key)).add(cell)
    for key, line in lines.items():
        line.runs = runs.of.get(key, (0, 0))[1]
    return lines


def _total(lines: Iterable[Line], runs: Counted) -> Line:
    total = Line(key="", many=0)
    for line in lines:
        total.join(line)
        total.many += 1
    total.runs = runs.total[1]
    return total


def _cut(lines: Iterable[Line], limit: int) -> tuple[list[Line], Line | None]:
    """Return the most expensive lines, and one line with the sum of the others."""
    shown = [line for line in lines if line.is_shown]
    shown.sort(key=lambda line: (-line.cost, -line.before, line.key))
    if len(shown) <= limit:
        return shown, None
    others = Line(key="", many=len(shown) - limit)
    for line in shown[limit:]:
        others.join(line)
    return shown[:limit], others


def _main(cells: Iterable[Cell], whose: str) -> tuple[str, str, float] | None:
    changes: dict[str, dict[str, tuple[Decimal, Decimal]]] = {whose: {}, "model": {}}
    for cell in cells:
        for dimension, key in ((whose, cell.key), ("model", cell.model)):
            was, now = changes[dimension].get(key, (Decimal(), Decimal()))
            moved = (was, now + cell.cost) if cell.later else (was + cell.cost, now)
            changes[dimension][key] = moved
    spent = {
        dimension: {key: pair for key, pair in keys.items() if any(pair)}
        for dimension, keys in changes.items()
    }
    found = costing.main_key(spent)
    return found if found and found[2] >= MOST else None


def _unpriced(cells: Iterable[Cell]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for cell in cells:
        if cell.later and cell.unpriced:
            counts[cell.model] += cell.unpriced
    return dict(counts)
