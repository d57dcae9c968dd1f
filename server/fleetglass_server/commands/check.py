"""Look for incidents in recorded spans: fleetglass check run.pb.gz --fail-on warning.

Nothing has to run for it, and nothing is kept. Files are as 'fleetglass replay' takes them; time is
the spans' own. The exit status is 1 when an incident is as bad as --fail-on says, and 2 when a
file could not be read.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from fleetglass_collector.config import Config

NAME = "check"
SEVERITIES = ("warning", "critical")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    parser.add_argument("--fleet", metavar="FILE", type=Path, help="fleet.yaml")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each incident")
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, default="critical", help="exit with 1 then"
    )


def run(config: Config, options: argparse.Namespace) -> int:
    # The detectors take a while to import; the other commands go without.
    from fleetglass_server.processes.declared import fleet_of
    from fleetglass_server.recordings.checking import incidents_of, lines, sentences

    fleet = fleet_of(config, options.fleet)
    with Console(stderr=True).status("") as status:
        incidents, tally = incidents_of(options.files, fleet, stage=status.update)
    for failure in tally.failures:
        print(failure, file=sys.stderr)
    for line in lines(incidents) if options.json else sentences(incidents, tally.sent):
        print(line)
    worst = max((SEVERITIES.index(one.severity) for one in incidents), default=-1)
    return 1 if worst >= SEVERITIES.index(options.fail_on) else 0 if tally.clean else 2
