"""The example in the docstring of `fleet.py` is a valid fleet file."""

from datetime import UTC
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

from fleetglass_detectors import fleet
from fleetglass_detectors.budgets.declared import Per, Scope
from fleetglass_detectors.fleet import Fleet, Polling, read


def test_the_example_in_the_docstring_is_a_valid_fleet_file(tmp_path: Path) -> None:
    indented = [line for line in (fleet.__doc__ or "").splitlines() if line.startswith("    ")]
    file = tmp_path / "fleet.yaml"
    file.write_text(dedent("\n".join(indented)))
    example = read(file)

    assert example.polling == (
        Polling(tool="get_job_status", every=5.0),
        Polling(tool="check_*", agent="watcher"),
    )
    assert (example.critical.usd, example.critical.actions) == (5, 3)
    assert example.timezone == ZoneInfo("Europe/Berlin")
    assert example.currencies["EUR"] == Decimal("1.08")
    (budget,) = example.budgets
    assert (budget.scope, budget.per, budget.usd) == (Scope(agent="refunds"), Per.DAY, Decimal(50))
    assert example.autonomy
    (standing,) = example.autonomy.agents
    assert (standing.tier, [one.amount for one in standing.may]) == (1, [50, 200])


def test_an_empty_file_declares_nothing(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text("")

    assert read(file).budgets == Fleet().budgets == ()
    assert read(file).timezone == UTC
