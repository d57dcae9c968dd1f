"""Reads fleet.yaml for the commands that watch the fleet."""

import logging
import time
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


log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0


class FleetFile:
    """The fleet that a file declares, and whether the file has changed since."""

    def __init__(self, config: Config) -> None:
        """Raises: ConfigError: The file is not valid."""
        self.fleet = load_fleet(config)
        self._config = config
        self._path = Path(config.fleet) if config.fleet else None
        self._stamp = self._stamped()
        self._look_at = 0.0

    def has_changed(self) -> bool:
        """Read the file again if it was written; return whether the fleet is another one now.

        A file with a mistake changes nothing: the fleet stays as it was.
        """
        if self._path is None or time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + LOOK_EVERY_S
        if (stamp := self._stamped()) == self._stamp:
            return False
        self._stamp = stamp
        try:
            fleet = load_fleet(self._config)
        except ConfigError as error:
            log.error("%s; the fleet stays as it was before", error)
            return False
        changed, self.fleet = fleet != self.fleet, fleet
        return changed

    def _stamped(self) -> tuple[int, int, int]:
        try:
            stat = self._path.stat() if self._path else None
        except OSError:
            stat = None
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else (0, 0, 0)
