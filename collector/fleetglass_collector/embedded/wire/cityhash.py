"""CityHash128 as ClickHouse freezes it: version 1.0.2, which later CityHashes differ from."""

import struct
from collections.abc import Callable

_M = (1 << 64) - 1
_K0, _K1 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273
_K2, _K3 = 0x9AE16A3B2F90404F, 0xC949C7DEFE2B8C7B
_MUL = 0x9DDFEA08EB382D69

_Words = Callable[[bytes, int], tuple[int, ...]]
_two: _Words = struct.Struct("<QQ").unpack_from
_word: _Words = struct.Struct("<Q").unpack_from
_half: _Words = struct.Struct("<I").unpack_from
_eight: _Words = struct.Struct("<8Q").unpack_from


def cityhash128(data: bytes) -> bytes:
    """The hash as ClickHouse writes it: low word, then high word, little-endian."""
    if len(data) >= 16:
        first, second = _two(data, 0)
        low, high = _seeded(data[16:], first ^ _K3, second)
    elif len(data) >= 8:
        first, last = _word(data, 0)[0], _word(data, len(data) - 8)[0]
        low, high = _seeded(b"", first ^ (len(data) * _K0 & _M), last ^ _K1)
    else:
        low, high = _seeded(data, _K0, _K1)
    return struct.pack("<QQ", low, high)


def _rot(value: int, by: int) -> int:
    return (value >> by | value << (64 - by)) & _M


def _mix(value: int) -> int:
    return value ^ (value >> 47)


def _fold(low: int, high: int) -> int:
    a = _mix((low ^ high) * _MUL & _M)
    return _mix((high ^ a) * _MUL & _M) * _MUL & _M


def _short(data: bytes) -> int:
    """HashLen0to16."""
    size = len(data)
    if size > 8:
        a, b = _word(data, 0)[0], _word(data, size - 8)[0]
        turned = _rot((b + size) & _M, size)
        return _fold(a, turned) ^ b
    if size >= 4:
        return _fold((size + (_half(data, 0)[0] << 3)) & _M, _half(data, size - 4)[0])
    if size:
        y = data[0] + (data[size >> 1] << 8)
        z = size + (data[-1] << 2)
        return _mix((y * _K2 ^ z * _K3) & _M) * _K2 & _M
    return _K2


def _weak(words: tuple[int, ...], a: int, b: int) -> tuple[int, int]:
    """WeakHashLen32WithSeeds over four words."""
    w, x, y, z = words
    a = (a + w) & _M
    b = _rot((b + a + z) & _M, 21)
    c = a
    a = (a + x + y) & _M
    b = (b + _rot(a, 44)) & _M
    return (a + z) & _M, (b + c) & _M


def _murmur(data: bytes, a: int, b: int) -> tuple[int, int]:
    """CityMurmur, for what is shorter than 128 bytes."""
    size = len(data)
    if size <= 16:
        a = _mix(a * _K1 & _M) * _K1 & _M
        c = (b * _K1 + _short(data)) & _M
        d = _mix((a + (_word(data, 0)[0] if size >= 8 else c)) & _M)
    else:
        c = _fold((_word(data, size - 8)[0] + _K1) & _M, a)
        d = _fold((b + size) & _M, (c + _word(data, size - 16)[0]) & _M)
        a = (a + d) & _M
        for at in range(0, size - 16, 16):
            first, second = _two(data, at)
            a = (a ^ _mix(first * _K1 & _M) * _K1) * _K1 & _M
            b ^= a
            c = (c ^ _mix(second * _K1 & _M) * _K1) * _K1 & _M
            d ^= c
    a, b = _fold(a, c), _fold(d, b)
    return a ^ b, _fold(b, a)


def _seeded(data: bytes, low: int, high: int) -> tuple[int, int]:
    """CityHash128WithSeed."""
    size = len(data)
    if size < 128:
        return _murmur(data, low, high)
    x, y, z = low, high, size * _K1 & _M
    v1 = (_rot(y ^ _K1, 49) * _K1 + _word(data, 0)[0]) & _M
    v2 = (_rot(v1, 42) * _K1 + _word(data, 8)[0]) & _M
    w1 = (_rot((y + z) & _M, 35) * _K1 + x) & _M
    w2 = _rot((x + _word(data, 88)[0]) & _M, 53) * _K1 & _M
    at = 0
    while size - at >= 128:
        for _ in range(2):
            words = _eight(data, at)
            x = _rot((x + y + v1 + words[2]) & _M, 37) * _K1 & _M
            y = _rot((y + v2 + words[6]) & _M, 42) * _K1 & _M
            x ^= w2
            y ^= v1
            z = _rot(z ^ w1, 33)
            v1, v2 = _weak(words[:4], v2 * _K1 & _M, (x + w1) & _M)
            w1, w2 = _weak(words[4:], (z + w2) & _M, y)
            z, x = x, z
            at += 64
    return _tail(data, size - at, (x, y, z, v1, v2, w1, w2))


def _tail(data: bytes, left: int, state: tuple[int, ...]) -> tuple[int, int]:
    x, y, z, v1, v2, w1, w2 = state
    y = (y + _rot(w1, 37) * _K0 + z) & _M
    x = (x + _rot((v1 + w1) & _M, 49) * _K0) & _M
    done = 0
    while done < left:
        done += 32
        at = len(data) - done
        words = struct.unpack_from("<4Q", data, at)
        y = (_rot((y - x) & _M, 42) * _K0 + v2) & _M
        w1 = (w1 + words[2]) & _M
        x = (_rot(x, 49) * _K0 + w1) & _M
        w1 = (w1 + v1) & _M
        v1, v2 = _weak(words, v1, v2)
    x, y = _fold(x, v1), _fold(y, w1)
    return (_fold((x + v2) & _M, w2) + y) & _M, _fold((x + w2) & _M, (y + v2) & _M)
