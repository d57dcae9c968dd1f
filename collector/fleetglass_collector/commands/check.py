"""Look for incidents in recorded spans: fleetglass check run.pb.gz --fail-on warning.

Nothing has to run for it, and nothing is kept. Files are as 'fleetglass replay' takes them; time is
the spans' own. The exit status is 1 when an incident is as bad as --fail-on says, and 2 when a
file could not be read.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from fleetglass import ConfigurationError
from fleetglass_collector.config import Config
from fleetglass_collector.errors import ConfigError
from fleetglass_detectors.fleet import Fleet, read
from fleetglass_detectors.incidents.incident import Incident, iso, named, told
from fleetglass_detectors.signal import Level

NAME = "check"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    parser.add_argument("--fleet", metavar="FILE", type=Path, help="fleet.yaml")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each incident")
    parser.add_argument(
        "--fail-on", choices=[*Level], type=Level, default=Level.CRITICAL, help="exit with 1 then"
    )


def run(config: Config, options: argparse.Namespace) -> int:
    from fleetglass_collector.checking import incidents_of

    fleet = fleet_of(options.fleet or (Path(config.fleet) if config.fleet else None))
    console = Console(stderr=True)
    with console.status("") as status:
        incidents, tally = incidents_of(options.files, fleet, stage=status.update)
    for failure in tally.failures:
        print(failure, file=sys.stderr)
    for line in _json(incidents) if options.json else _plain(incidents, tally.sent):
        print(line)
    bad = any([*Level].index(i.severity) >= [*Level].index(options.fail_on) for i in incidents)
    return 1 if bad else 0 if tally.clean else 2


def fleet_of(file: Path | None) -> Fleet:
    try:
        return read(file) if file else Fleet()
    except ConfigurationError as error:
        raise ConfigError(str(error)) from error


def _json(incidents: Iterable[Incident]) -> Iterable[str]:
    return (json.dumps(line(incident)) for incident in incidents)


def line(incident: Incident) -> dict[str, Any]:
    return {
        "id": named(incident.id),
        "detector": incident.told_by[0],
        "kind": incident.told_by[1],
        "severity": incident.severity,
        "agent": incident.subject.agent,
        "run": incident.subject.trace_id,
        "opened_at": iso(incident.opened_ns),
        "updated_at": iso(incident.updated_ns),
        "spans": incident.harm.spans,
        "summary": incident.summary,
        "evidence": told(incident),
        "cost_usd": None if incident.harm.is_unpriced else round(incident.harm.cost, 6),
    }


def _plain(incidents: Sequence[Incident], spans: int) -> Iterable[str]:
    for incident in incidents:
        yield f"{incident.severity:8}  {incident.subject.trace_id}  {incident.summary}"
    count = len(incidents)
    yield f"{count or 'no'} incident{'' if count == 1 else 's'} in {spans:,} spans"
