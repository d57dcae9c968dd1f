from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_collector.access.address import is_local, is_loopback, split_address
from fleetglass_collector.access.door import authorization, bearer, refuse_open_door
from fleetglass_collector.access.keys import Keyring, Scope
from fleetglass_collector.errors import ConfigError


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("127.0.0.1:4318", ("127.0.0.1", 4318)),
        ("[::1]:4318", ("::1", 4318)),
        ("[::]:0", ("::", 0)),
        ("localhost:65535", ("localhost", 65535)),
    ],
)
def test_an_address_is_a_host_and_a_port(address: str, parts: tuple[str, int]) -> None:
    assert split_address(address) == parts


@pytest.mark.parametrize(
    "address",
    [
        *("", ":", "4318", ":4318", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536"),
        *("127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1: 1", "127.0.0.1:1 ", "::1:4318", "[::1]"),
        *("[127.0.0.1]:1", "[::1:1", "::1]:1", "[]:1", "a b:1", "h:١", "h:000080", "[[::1]]:1"),
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="write HOST:PORT"):
        split_address(address)


@given(st.ip_addresses(), st.integers(0, 65535))
def test_every_ip_address_can_be_split(ip: object, port: int) -> None:
    host = str(ip)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    assert split_address(address) == (host, port)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "::ffff:127.0.0.1"])
def test_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "0.0.0.0",
        "::",
        "10.0.0.1",
        "::ffff:10.0.0.1",
        "localhost.evil.org",
        "127.0.0.1.evil.org",
    ],
)
def test_everything_else_is_not(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("peer", ["127.0.0.1:5", "[::1]:5", "%5B::1%5D:5", "[::ffff:127.0.0.1]:5"])
def test_a_client_over_loopback_is_local(peer: str) -> None:
    assert is_local(peer)


@pytest.mark.parametrize("peer", ["", "10.0.0.1:5", "[2001:db8::1]:5", "%5B2001:db8::1%5D:5", "x"])
def test_a_client_from_elsewhere_is_not(peer: str) -> None:
    assert not is_local(peer)


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("Bearer fg_a", "fg_a"),
        ("bearer  fg_a ", "fg_a"),
        ("Basic fg_a", None),
        ("fg_a", None),
        ("Bearer ", None),
        ("", None),
        (None, None),
    ],
)
def test_a_bearer_header_carries_a_secret(value: str | None, secret: str | None) -> None:
    assert bearer(value) == secret


@pytest.mark.parametrize("secret", ["fg_a", " fg_a\n"])
def test_a_secret_goes_into_a_header_and_comes_out_again(secret: str) -> None:
    assert bearer(authorization(secret)) == "fg_a"


@pytest.mark.parametrize("secret", ["", " ", "a b", "fg_\nx: y", "é"])
def test_what_cannot_be_a_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(ConfigError, match="copy it again$"):
        authorization(secret)


def test_loopback_needs_no_key(tmp_path: Path) -> None:
    refuse_open_door("127.0.0.1:4318", Keyring(tmp_path / "keys.json"), Scope.INGEST)


@pytest.mark.parametrize("listen", ["0.0.0.0:4318", "[::]:4318", "10.0.0.1:4318", "name:4318"])
def test_beyond_loopback_a_key_is_needed(listen: str, tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "keys.json")
    keyring.add("acme", Scope.READ)
    command = f"fleetglass keys add --data {tmp_path} --tenant default --scope ingest"

    with pytest.raises(ConfigError, match=command):
        refuse_open_door(listen, keyring, Scope.INGEST)


@pytest.mark.parametrize("scope", [Scope.INGEST, Scope.ADMIN])
def test_a_fitting_key_opens_the_door(scope: Scope, tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "keys.json")
    keyring.add("acme", scope)

    refuse_open_door("0.0.0.0:4318", keyring, Scope.INGEST)
