"""All detectors there are, listed by hand."""

from functools import partial

from fleetglass_detectors.database import Database
from fleetglass_detectors.detector import Detector
from fleetglass_detectors.loops import words
from fleetglass_detectors.loops.branching import Branching
from fleetglass_detectors.loops.caps import Caps
from fleetglass_detectors.loops.lag import Lag
from fleetglass_detectors.loops.silent import Silent
from fleetglass_detectors.loops.wording import Wording


def detectors(database: Database, *, recorded: bool = False) -> list[Detector]:
    """The detectors, in the order in which they are asked.

    A recording has no history of its agents, and its clock stops with its last span.
    """
    timeless: list[Detector] = [Lag(), Wording(partial(words.steps, database)), Branching()]
    return timeless if recorded else [*timeless, Silent(), Caps()]
