"""The detecting process replaces its files whole."""

import os
from pathlib import Path

from fleetglass_server.processes.detecting_files import CheckpointFile, metrics_file


def test_the_last_checkpoint_is_loaded(tmp_path: Path) -> None:
    checkpoint = CheckpointFile(tmp_path / "deep" / "state")
    checkpoint.save(b"older")
    checkpoint.save(b"new", b"er")

    assert checkpoint.load() == b"newer"
    assert os.stat(tmp_path / "deep" / "state").st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path / "deep") == ["state"]


def test_without_a_file_there_is_no_checkpoint(tmp_path: Path) -> None:
    assert CheckpointFile(tmp_path / "state").load() is None


def test_a_checkpoint_that_is_set_aside_is_kept_and_not_loaded(tmp_path: Path) -> None:
    checkpoint = CheckpointFile(tmp_path / "state")
    checkpoint.save(b"another version's")
    checkpoint.set_aside()

    assert checkpoint.load() is None
    assert os.listdir(tmp_path) == ["state.unusable"]


def test_published_metrics_replace_the_older_ones(tmp_path: Path) -> None:
    publish = metrics_file(tmp_path / "metrics.prom")
    publish("lag 1\n")
    publish("lag 2\n")

    assert (tmp_path / "metrics.prom").read_text() == "lag 2\n"
    assert os.listdir(tmp_path) == ["metrics.prom"]
