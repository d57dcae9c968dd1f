"""Look for incidents in recorded spans: fleetglass check run.pb.gz --fail-on warning.

This needs no running fleetglass and keeps nothing. It reads the same files as 'fleetglass replay'
and uses the times in the spans. The exit status is 1 when an incident has the severity of --fail-on
or a higher one, and 2 when a file cannot be read.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from fleetglass_collector.config import Config

NAME = "check"
SEVERITIES = ("warning", "critical")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="recorded spans")
    parser.add_argument(
        "--fleet", metavar="FILE", type=Path, help="fleet.yaml, your description of the fleet"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per incident")
    parser.add_argument(
        "--fail-on",
        choices=SEVERITIES,
        default="critical",
        help="exit with status 1 at this severity or a higher one (default: critical)",
    )


def run(config: Config, options: argparse.Namespace) -> int:
    from fleetglass_server.processes.fleet_file import load_fleet
    from fleetglass_server.processes.temporary import temporary_store

    fleet = load_fleet(config, options.fleet)
    with Console(stderr=True).status("") as status, temporary_store() as temporary:
        # Importing the detectors is slow. Other commands do not need them, and the store starts
        # meanwhile.
        from fleetglass_server.recordings.checking import incidents_of, lines, sentences

        incidents, tally = incidents_of(temporary, options.files, fleet=fleet, stage=status.update)
    for failure in tally.failures:
        print(failure, file=sys.stderr)
    for line in lines(incidents) if options.json else sentences(incidents, tally.sent):
        print(line)
    worst = max((SEVERITIES.index(incident.severity) for incident in incidents), default=-1)
    return 1 if worst >= SEVERITIES.index(options.fail_on) else 0 if tally.clean else 2
