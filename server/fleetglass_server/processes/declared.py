"""What is declared of the fleet, for the commands that watch it."""

from pathlib import Path

from fleetglass import ConfigurationError
from fleetglass_collector.config import Config
from fleetglass_collector.errors import ConfigError
from fleetglass_detectors.fleet import Fleet, read


def fleet_of(config: Config, file: Path | None = None) -> Fleet:
    """The fleet of this file, or else of the one that the configuration names."""
    named = file or (Path(config.fleet) if config.fleet else None)
    try:
        return read(named) if named else Fleet()
    except ConfigurationError as error:
        raise ConfigError(str(error)) from error
