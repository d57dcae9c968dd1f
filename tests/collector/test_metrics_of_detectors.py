"""Several engines beside one collector are told apart, and none seems silent that was ended."""

import os
from pathlib import Path

from prometheus_client import CollectorRegistry

from fleetglass_collector.metrics import WrittenByDetectors, exposition
from fleetglass_detectors.engine.health import Board, Health
from fleetglass_server.processes.detecting import forget_others


def written(folder: Path, shard: str, file: str) -> None:
    health = Health(shard=shard)
    health.set("lag_seconds", 1.5)
    health.set("keys", 7, detector="lag")
    Board((folder / file).write_text, clock_ns=lambda: 0).show(health)


def shown(folder: Path) -> list[str]:
    registry = CollectorRegistry()
    registry.register(WrittenByDetectors(folder))
    return exposition(registry).decode().splitlines()


def test_metrics_of_several_engines_stand_together(tmp_path: Path) -> None:
    written(tmp_path, "0/2", "metrics-0-of-2.prom")
    written(tmp_path, "1/2", "metrics-1-of-2.prom")
    lines = shown(tmp_path)

    assert lines.count("# TYPE fleetglass_detect_lag_seconds gauge") == 1
    at = lines.index('fleetglass_detect_lag_seconds{shard="0/2"} 1.5')
    assert lines[at + 1] == 'fleetglass_detect_lag_seconds{shard="1/2"} 1.5'
    assert 'fleetglass_detect_keys{detector="lag",shard="1/2"} 7.0' in lines
    assert len(lines) == len(set(lines))


def test_a_single_engine_needs_no_label(tmp_path: Path) -> None:
    written(tmp_path, "", "metrics-0-of-1.prom")

    assert "fleetglass_detect_lag_seconds 1.5" in shown(tmp_path)


def test_a_file_that_is_cut_short_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "metrics-0-of-2.prom").write_text('# TYPE a gauge\na{shard="0/2')
    written(tmp_path, "1/2", "metrics-1-of-2.prom")

    assert 'fleetglass_detect_lag_seconds{shard="1/2"} 1.5' in shown(tmp_path)


def test_an_engine_that_ended_is_forgotten_when_the_fleet_is_shared_differently(
    tmp_path: Path,
) -> None:
    for name in ("metrics-1-of-4.prom", "metrics-0-of-1.prom", "metrics-2-of-4.prom"):
        written(tmp_path, "", name)
    os.utime(tmp_path / "metrics-1-of-4.prom", (0, 0))
    forget_others(tmp_path, 1)

    left = {file.name for file in tmp_path.iterdir()}
    assert left == {"metrics-0-of-1.prom", "metrics-2-of-4.prom"}
