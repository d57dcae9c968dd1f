"""Several engines beside one collector are told apart, and none seems silent that was ended."""

import os
from pathlib import Path

from fleetglass_collector.metrics import told_by_detectors
from fleetglass_detectors.engine.health import Board, Health
from fleetglass_server.processes.detecting import forget_others
from fleetglass_server.processes.detecting_files import metrics_file


def told(folder: Path, shard: str, file: str) -> None:
    health = Health(shard=shard)
    health.set("lag_seconds", 1.5)
    health.set("keys", 7, detector="lag")
    Board(metrics_file(folder / file), clock_ns=lambda: 0).show(health)


def test_what_several_engines_tell_stands_together(tmp_path: Path) -> None:
    told(tmp_path, "0/2", "metrics-0-of-2.prom")
    told(tmp_path, "1/2", "metrics-1-of-2.prom")
    lines = told_by_detectors(tmp_path).decode().splitlines()

    assert lines.count("# TYPE fleetglass_detect_lag_seconds gauge") == 1
    at = lines.index('fleetglass_detect_lag_seconds{shard="0/2"} 1.5')
    assert lines[at + 1] == 'fleetglass_detect_lag_seconds{shard="1/2"} 1.5'
    assert 'fleetglass_detect_keys{shard="1/2",detector="lag"} 7' in lines
    assert len(lines) == len(set(lines))


def test_a_single_engine_needs_no_label(tmp_path: Path) -> None:
    told(tmp_path, "", "metrics-0-of-1.prom")

    assert "fleetglass_detect_lag_seconds 1.5" in told_by_detectors(tmp_path).decode().splitlines()


def test_who_ended_is_forgotten_when_the_fleet_is_shared_otherwise(tmp_path: Path) -> None:
    for name in ("metrics-1-of-4.prom", "metrics-0-of-1.prom", "metrics-2-of-4.prom"):
        told(tmp_path, "", name)
    os.utime(tmp_path / "metrics-1-of-4.prom", (0, 0))
    forget_others(tmp_path, 1)

    left = {file.name for file in tmp_path.iterdir()}
    assert left == {"metrics-0-of-1.prom", "metrics-2-of-4.prom"}
