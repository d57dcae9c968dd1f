"""A checkpoint is read back whole or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.engine.checkpoint import decode, encode

STATE = {"windows": {2**63: b"\0\xff"}, "said": {(1, "a"): (2, 3.5, None)}, "list": [True, "ä"]}
CHECKPOINT = b"".join(encode(STATE))


def test_an_encoded_state_is_decoded() -> None:
    assert decode(CHECKPOINT) == STATE


@given(cut=st.integers(0, len(CHECKPOINT) - 1))
def test_a_checkpoint_that_is_cut_off_is_refused(cut: int) -> None:
    assert decode(CHECKPOINT[:cut]) is None


@given(at=st.integers(0, len(CHECKPOINT) - 1))
def test_a_checkpoint_with_a_damaged_byte_is_refused(at: int) -> None:
    damaged = bytes([CHECKPOINT[at] ^ 0xFF])

    assert decode(CHECKPOINT[:at] + damaged + CHECKPOINT[at + 1 :]) is None


def test_a_checkpoint_of_another_python_is_refused() -> None:
    assert decode(CHECKPOINT.replace(b"python 3.", b"python 2.")) is None


def test_a_state_with_an_object_in_it_cannot_be_encoded() -> None:
    with pytest.raises(ValueError, match="unmarshallable"):
        encode({"an object": object()})
