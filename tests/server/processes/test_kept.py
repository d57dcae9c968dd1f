"""A kept file is replaced whole."""

import os
from pathlib import Path

from fleetglass_server.processes.kept import KeptFile


def test_the_last_checkpoint_is_loaded(tmp_path: Path) -> None:
    checkpoint = KeptFile(tmp_path / "deep" / "state")
    checkpoint.save(b"older")
    checkpoint.save(b"new", b"er")

    assert checkpoint.load() == b"newer"
    assert os.stat(tmp_path / "deep" / "state").st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path / "deep") == ["state"]


def test_without_a_file_there_is_no_checkpoint(tmp_path: Path) -> None:
    assert KeptFile(tmp_path / "state").load() is None


def test_a_checkpoint_that_is_set_aside_is_kept_and_not_loaded(tmp_path: Path) -> None:
    checkpoint = KeptFile(tmp_path / "state")
    checkpoint.save(b"another version's")
    checkpoint.set_aside()

    assert checkpoint.load() is None
    assert os.listdir(tmp_path) == ["state.unusable"]
