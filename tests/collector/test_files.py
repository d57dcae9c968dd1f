"""A file is there whole or not at all."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fleetglass_collector import files


def test_a_file_is_written_with_its_mode_and_leaves_no_draft(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "file"
    os.umask(0o022)
    files.write(file, [b"one", memoryview(b"two")], mode=0o600)

    assert file.read_bytes() == b"onetwo"
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(file.parent) == ["file"]


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    file = tmp_path / "file"
    files.write(file, [b"old"])

    def pieces() -> "list[bytes]":
        raise ValueError("broken off")

    with pytest.raises(ValueError, match="broken off"):
        files.write(file, (piece for _ in [0] for piece in pieces()))

    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_leftover_of_a_crash_does_not_get_in_the_way(tmp_path: Path) -> None:
    file = tmp_path / "file"
    (tmp_path / f"file{files.DRAFT}").write_bytes(b"half of something long")
    files.write(file, [b"new"], mode=0o600)

    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o600


def test_of_many_that_create_a_file_at_once_one_succeeds(tmp_path: Path) -> None:
    file = tmp_path / "file"

    def create(number: int) -> bool:
        return files.create(file, [str(number).encode()])

    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(create, range(32)))

    assert sum(created) == 1
    assert file.read_text() == str(created.index(True))
    assert os.listdir(tmp_path) == ["file"]
