"""Reads fleet.yaml for the commands that watch the fleet."""

from pathlib import Path

from fleetglass import ConfigurationError
from fleetglass_collector.config import Config
from fleetglass_collector.errors import ConfigError
from fleetglass_detectors.fleet import Fleet, read


def load_fleet(config: Config, file: Path | None = None) -> Fleet:
    """Read the fleet from this file, or else from the one in the configuration, if any."""
    path = file or (Path(config.fleet) if config.fleet else None)
    try:
        return read(path) if path else Fleet()
    except ConfigurationError as error:
        raise ConfigError(str(error)) from error
