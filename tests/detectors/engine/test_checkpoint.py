"""A checkpoint is read back whole or not at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.engine.checkpoint import decode, encode

STATE = {"windows": {2**63: b"\0\xff"}, "said": {(1, "a"): (2, -3.5, None)}, "more": (True, "ä")}
CHECKPOINT = b"".join(encode(STATE))
# Written by Python 3.11 and msgpack 1.2.
WRITTEN = (
    "666c656574676c617373206465746563746f727320320a093c755183a777696e646f777381cf8000000000000000"
    "c40200ffa473616964819201a1619302cbc00c000000000000c0a46d6f726592c3a2c3a4"
)


def test_an_encoded_state_is_decoded() -> None:
    assert decode(CHECKPOINT) == STATE


@given(cut=st.integers(0, len(CHECKPOINT) - 1))
def test_a_checkpoint_that_is_cut_off_is_refused(cut: int) -> None:
    assert decode(CHECKPOINT[:cut]) is None


@given(at=st.integers(0, len(CHECKPOINT) - 1))
def test_a_checkpoint_with_a_damaged_byte_is_refused(at: int) -> None:
    damaged = bytes([CHECKPOINT[at] ^ 0xFF])

    assert decode(CHECKPOINT[:at] + damaged + CHECKPOINT[at + 1 :]) is None


def test_a_checkpoint_of_another_format_is_refused() -> None:
    assert decode(CHECKPOINT.replace(b"detectors 2", b"detectors 3")) is None
    assert decode(CHECKPOINT.replace(b"detectors 2", b"detectors 1, python 3.11")) is None


def test_a_checkpoint_does_not_depend_on_the_version_of_python() -> None:
    assert CHECKPOINT.hex() == WRITTEN
    assert decode(bytes.fromhex(WRITTEN)) == STATE


def test_lists_come_back_as_tuples_so_that_tuples_can_be_keys() -> None:
    assert decode(b"".join(encode({("a", 1): [1, (2, [3])]}))) == {("a", 1): (1, (2, (3,)))}


@pytest.mark.parametrize("bad", [object(), {1}, 2**64, np.arange(3), np.int64(5)])
def test_a_state_that_is_no_plain_value_cannot_be_encoded(bad: object) -> None:
    with pytest.raises((TypeError, OverflowError)):
        encode({"a state": bad})


def test_a_name_that_is_no_unicode_outlives_a_checkpoint() -> None:
    assert decode(b"".join(encode({"agent \udc80": "\ud800"}))) == {"agent \udc80": "\ud800"}
