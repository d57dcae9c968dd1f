"""What was refused is never shipped, whatever fails."""

import os
from pathlib import Path

import pytest

from fleetglass_collector.journal.writer import Writer


def test_a_record_that_was_refused_is_not_in_the_sealed_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(tmp_path, id=1, start=0)
    writer.append([b"kept"])
    with monkeypatch.context() as broken:
        # The disk takes the bytes, and then neither syncs nor cuts the file.
        for name in ("fdatasync", "ftruncate"):
            broken.setattr(os, name, _fails)
        with pytest.raises(OSError, match="Input/output error"):
            writer.append([b"refused"])
    writer.spans = 1
    segment = writer.seal()

    assert segment
    assert segment.path(tmp_path).read_bytes() == b"kept"


def test_a_segment_that_cannot_be_cut_is_not_sealed_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(tmp_path, id=1, start=0)
    writer.append([b"kept"])
    with monkeypatch.context() as broken:
        for name in ("fdatasync", "ftruncate"):
            broken.setattr(os, name, _fails)
        with pytest.raises(OSError, match="Input/output error"):
            writer.append([b"refused"])
        with pytest.raises(OSError, match="Input/output error"):
            writer.seal()
    writer.append([b", more"])
    segment = writer.seal()

    assert segment
    assert segment.path(tmp_path).read_bytes() == b"kept, more"


def _fails(*_: object) -> None:
    raise OSError(5, "Input/output error")
