"""All detectors there are, listed by hand."""

from dataclasses import replace
from functools import partial

from fleetglass_detectors.database import Database
from fleetglass_detectors.detector import Detector
from fleetglass_detectors.fleet import Fleet
from fleetglass_detectors.health import Health
from fleetglass_detectors.loops import words
from fleetglass_detectors.loops.branching import Branching
from fleetglass_detectors.loops.caps import ALLOWANCE, Caps
from fleetglass_detectors.loops.lag import Lag
from fleetglass_detectors.loops.silent import Silent
from fleetglass_detectors.loops.wording import Wording

# Of each batch so long is spent on words, lest the others wait for them.
PATIENCE_S = 1.0


def live(database: Database, health: Health, fleet: Fleet) -> list[Detector]:
    """For what arrives, in the order in which they are asked."""

    def skipped(runs: int) -> None:
        health.add("runs_skipped_total", runs)

    read = partial(words.steps, database)
    wording = Wording(read, patience_s=PATIENCE_S, skipped=skipped, learns=True)
    allowance = replace(ALLOWANCE, pages_per_week=fleet.false_pages_per_week)
    return [Lag(), Branching(), Silent(), Caps(allowance), wording]


def recorded(database: Database) -> list[Detector]:
    """For a recording: it has no history of its agents, and its clock stops with its last span."""
    return [Lag(), Branching(), Wording(partial(words.steps, database))]
