"""A checkpoint is whole or it is none."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleetglass_detectors.engine.checkpoint import Checkpoint
from fleetglass_server.processes.kept import KeptFile

STATE = {"windows": {2**63: b"\0\xff"}, "told": {(1, "a"): (2, 3.5, None)}, "list": [True, "ä"]}


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    checkpoint = Checkpoint(KeptFile(tmp_path / "deep" / "state"))
    checkpoint.save({"older": 1})
    checkpoint.save(STATE)

    assert checkpoint.load() == STATE
    assert os.stat(tmp_path / "deep" / "state").st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path / "deep") == ["state"]


def test_without_a_file_there_is_none(tmp_path: Path) -> None:
    assert Checkpoint(KeptFile(tmp_path / "state")).load() is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 10_000), flip=st.integers(0, 10_000))
def test_one_that_is_damaged_is_none(tmp_path: Path, cut: int, flip: int) -> None:
    file = tmp_path / "state"
    Checkpoint(KeptFile(file)).save(STATE)
    whole = file.read_bytes()
    file.write_bytes(whole[: cut % len(whole)])
    assert Checkpoint(KeptFile(file)).load() is None

    at = flip % len(whole)
    file.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
    assert Checkpoint(KeptFile(file)).load() is None


def test_one_of_another_python_is_none(tmp_path: Path) -> None:
    file = tmp_path / "state"
    Checkpoint(KeptFile(file)).save(STATE)
    file.write_bytes(file.read_bytes().replace(b"python 3.", b"python 2."))

    assert Checkpoint(KeptFile(file)).load() is None


def test_what_cannot_be_kept_leaves_the_old_one(tmp_path: Path) -> None:
    checkpoint = Checkpoint(KeptFile(tmp_path / "state"))
    checkpoint.save(STATE)
    with pytest.raises(ValueError, match="unmarshallable"):
        checkpoint.save({"an object": object()})

    assert checkpoint.load() == STATE


def test_one_that_cannot_be_used_is_set_aside_and_kept(tmp_path: Path) -> None:
    checkpoint = Checkpoint(KeptFile(tmp_path / "state"))
    checkpoint.save({"of": "another version"})
    checkpoint.set_aside()

    assert checkpoint.load() is None
    assert os.listdir(tmp_path) == ["state.unusable"]
