"""What people did about incidents, each action once.

An action may become visible after later ones: its insert is slow, or its replica lags. So each look
goes back some minutes and knows what was applied.
"""

import json
from dataclasses import dataclass
from typing import cast

from fleetglass_detectors.database import Database
from fleetglass_detectors.detector import State

LATE_US = 600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    id: str
    at_us: int
    incident: int
    action: str
    by: str


class Actions:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._since_us = 0
        # By the id of the action: its incident and when it was done.
        self._known: dict[str, tuple[int, int]] = {}

    def new(self) -> list[Action]:
        """Return the actions that were not returned before, the earliest first.

        An action is left out if a later one about the same incident was returned before.
        """
        rows = self._database.query(
            "SELECT toString(id) AS id, toUnixTimestamp64Micro(at) AS at_us, incident, action, by "
            f"FROM incident_actions WHERE at > fromUnixTimestamp64Micro({self._since_us}, 'UTC') "
            "AND action IN ('resolve', 'reopen') ORDER BY at, id "
            "SETTINGS output_format_json_quote_64bit_integers = 0"
        )
        found = [Action(**json.loads(row)) for row in rows.splitlines()]
        unknown = [action for action in found if action.id not in self._known]
        latest = dict(sorted(self._known.values(), key=lambda known: known[1]))
        self._known |= {action.id: (action.incident, action.at_us) for action in unknown}
        newest_us = max((at_us for _, at_us in self._known.values()), default=0)
        self._since_us = max(self._since_us, newest_us - LATE_US)
        self._known = {id: it for id, it in self._known.items() if it[1] > self._since_us}
        return [action for action in unknown if action.at_us >= latest.get(action.incident, 0)]

    def state(self) -> State:
        return [self._since_us, {id: [*known] for id, known in self._known.items()}]

    def restore(self, state: State) -> None:
        since_us, known = cast(tuple[int, dict[str, list[int]]], state)
        self._since_us = since_us
        self._known = {id: (incident, at_us) for id, (incident, at_us) in known.items()}
