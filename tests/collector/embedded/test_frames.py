"""Compressed blocks have the format that ClickHouse itself writes and reads."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.store_process import store_process

from fleetglass_collector.embedded.engine.faults import Fault
from fleetglass_collector.embedded.wire import frames


def test_checksums_match_those_in_the_engines_files(tmp_path: Path) -> None:
    with store_process(tmp_path / "data") as store:
        table = "CREATE TABLE t (a String) ENGINE = MergeTree ORDER BY a"
        assert store.write(f"{table} SETTINGS min_bytes_for_wide_part = 0").status == 200
        rows = "INSERT INTO t SELECT randomString(50) FROM numbers(5000)"
        assert store.write(rows).status == 200
    files = [*tmp_path.rglob("a*.bin")]
    assert files
    for file in files:
        block = file.read_bytes()
        length = struct.unpack_from("<I", block, 17)[0]

        assert frames.checksum(block[16 : 16 + length]) == block[:16]


@given(st.lists(st.binary(max_size=3000), max_size=5), st.integers(1, 50))
def test_encoded_blocks_are_decoded_from_pieces_of_any_size(pieces: list[bytes], cut: int) -> None:
    encoder = frames.FrameEncoder()
    sent = b"".join(encoder.compress(piece) for piece in pieces) + encoder.flush()
    arrived = (sent[at : at + cut] for at in range(0, len(sent), cut))

    assert b"".join(frames.decode(arrived)) == b"".join(pieces)


@given(st.binary(min_size=1, max_size=300), st.integers(0))
def test_a_damaged_block_is_refused(data: bytes, at: int) -> None:
    encoder = frames.FrameEncoder()
    block = bytearray(encoder.compress(data) + encoder.flush())
    block[at % len(block)] ^= 0xFF

    with pytest.raises(Fault):
        b"".join(frames.decode(iter([bytes(block)])))
