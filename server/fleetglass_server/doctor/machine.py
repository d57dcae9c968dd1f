"""Checks the machine: versions, clock and disk."""

import contextlib
import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fleetglass_collector.config import Config
from fleetglass_collector.config.values import show_size
from fleetglass_server.doctor.check import Check

PACKAGES = (
    *("chdb", "clickhouse-connect", "granian", "grpcio", "protobuf", "opentelemetry-sdk"),
    *("opentelemetry-proto", "rich", "zstandard", "isal"),
)
LEAST_FREE_BYTES = 256 << 20
SLOW_FSYNC_MS = 20.0
FSYNCS = 20
YEAR_NS = 365 * 86_400 * 10**9


def versions(packages: Sequence[str] = PACKAGES) -> Check:
    installed, missing = [f"python {platform.python_version()}"], list[str]()
    for package in packages:
        try:
            installed.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    if missing:
        advice = "install them: pip install 'fleetglass[server]'"
        return Check.fail("versions", f"not installed: {', '.join(missing)}", advice)
    return Check.ok("versions", ", ".join(installed))


def clock(*, now_ns: int) -> Check:
    """Compare the clock with the time at which this file was written, which is in the past."""
    written_ns = Path(__file__).stat().st_mtime_ns
    shown = datetime.fromtimestamp(now_ns / 1e9, UTC).isoformat(timespec="seconds")
    if not written_ns - YEAR_NS / 365 < now_ns < written_ns + 20 * YEAR_NS:
        return Check.fail(
            "clock", f"the clock is wrong: {shown}", "set it: timedatectl set-ntp true"
        )
    return Check.ok("clock", shown)


def disk(config: Config) -> Generator[Check]:
    folder = config.folder
    absolute = folder.absolute()
    existing = next(path for path in (absolute, *absolute.parents) if os.path.exists(path))
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        yield Check.fail(
            "disk",
            f"this user cannot write to {existing}",
            "make the user its owner (chown), or choose another folder with --data",
        )
        return
    yield _room(config, shutil.disk_usage(existing).free)
    yield _fsync(existing)


def _room(config: Config, free: int) -> Check:
    needed = max(0, config.journal.max_bytes - _size(config.folder / "journal"))
    finding = f"{free / (1 << 30):.1f} GiB free at {config.folder}"
    if free < LEAST_FREE_BYTES:
        return Check.fail("disk", finding, "free some space, or choose another folder with --data")
    if free < needed:
        limit = show_size(config.journal.max_bytes)
        return Check.note(
            "disk", f"{finding}, but the journal may grow to {limit}", "lower journal.max_bytes"
        )
    return Check.ok("disk", finding)


def _size(journal: Path) -> int:
    total = 0
    for file in journal.glob("*"):
        # A running collector may delete the file meanwhile.
        with contextlib.suppress(OSError):
            total += file.stat().st_size
    return total


def _fsync(folder: Path) -> Check:
    times_ms: list[float] = []
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            for _ in range(FSYNCS):
                file.write(bytes(4096))
                file.flush()
                began = time.monotonic()
                os.fsync(file.fileno())
                times_ms.append((time.monotonic() - began) * 1e3)
    except OSError as error:
        return Check.fail("fsync", f"{error.strerror}", "look for disk errors: dmesg")
    median = statistics.median(times_ms)
    finding = f"median {median:.1f} ms, at most {max(times_ms):.1f} ms"
    if median > SLOW_FSYNC_MS:
        advice = "each acknowledgement waits for an fsync: use a faster disk, such as a local SSD"
        return Check.note("fsync", finding, advice)
    return Check.ok("fsync", finding)
