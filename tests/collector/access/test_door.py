from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_collector.access.address import is_local, is_loopback, split_address
from fleetglass_collector.access.door import Caller, Door, authorization, bearer, require_key
from fleetglass_collector.access.keys import Keyring, Scope
from fleetglass_collector.access.owner import known_owner_key, owner_key, owner_secret
from fleetglass_collector.errors import ConfigError, Refusal


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
def test_a_malformed_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="write HOST:PORT"):
        split_address(address)


@given(st.ip_addresses(), st.integers(0, 65535))
def test_every_ip_address_can_be_split(ip: object, port: int) -> None:
    host = str(ip)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    assert split_address(address) == (host, port)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "::ffff:127.0.0.1"])
def test_these_hosts_are_loopback(host: str) -> None:
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
def test_these_hosts_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("peer", ["127.0.0.1:5", "[::1]:5", "%5B::1%5D:5", "[::ffff:127.0.0.1]:5"])
def test_these_clients_are_local(peer: str) -> None:
    assert is_local(peer)


@pytest.mark.parametrize("peer", ["", "10.0.0.1:5", "[2001:db8::1]:5", "%5B2001:db8::1%5D:5", "x"])
def test_these_clients_are_not_local(peer: str) -> None:
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
def test_the_secret_is_read_from_a_bearer_header(value: str | None, secret: str | None) -> None:
    assert bearer(value) == secret


@pytest.mark.parametrize("secret", ["fg_a", " fg_a\n"])
def test_a_secret_survives_the_way_through_a_header(secret: str) -> None:
    assert bearer(authorization(secret)) == "fg_a"


@pytest.mark.parametrize("secret", ["", " ", "a b", "fg_\nx: y", "é"])
def test_a_malformed_secret_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(ConfigError, match="copy it again$"):
        authorization(secret)


def test_a_loopback_address_needs_no_key(tmp_path: Path) -> None:
    require_key("127.0.0.1:4318", Keyring(tmp_path / "keys.json"), Scope.INGEST)


@pytest.mark.parametrize("listen", ["0.0.0.0:4318", "[::]:4318", "10.0.0.1:4318", "name:4318"])
def test_an_address_open_to_other_machines_needs_a_key(listen: str, tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "keys.json")
    keyring.add("acme", Scope.READ)
    command = f"fleetglass keys add --data {tmp_path} --tenant default --scope ingest"

    with pytest.raises(ConfigError, match=command):
        require_key(listen, keyring, Scope.INGEST)


@pytest.mark.parametrize("scope", [Scope.INGEST, Scope.ADMIN])
def test_a_key_with_the_scope_or_admin_is_enough(scope: Scope, tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "keys.json")
    keyring.add("acme", scope)

    require_key("0.0.0.0:4318", keyring, Scope.INGEST)


LOCAL = Caller.of("127.0.0.1:5", {"host": "127.0.0.1:4318"}.get)


def test_the_owner_is_known_by_a_key_of_the_folder(tmp_path: Path) -> None:
    key = owner_key(owner_secret(tmp_path))
    keyring = Keyring(tmp_path / "keys.json")
    keyring.add("acme", Scope.READ)
    door = Door(keyring, owner=key)

    assert known_owner_key(tmp_path) == key
    assert door.admit(replace(LOCAL, secret=key), Scope.ADMIN).is_owner
    for secret in (None, "", "fg_owner_of_another_folder", owner_secret(tmp_path)):
        with pytest.raises(Refusal):
            door.admit(replace(LOCAL, secret=secret), Scope.READ)


def test_without_keys_the_owner_of_another_folder_is_a_local_client(tmp_path: Path) -> None:
    door = Door(Keyring(tmp_path / "keys.json"), owner=owner_key(owner_secret(tmp_path)))
    stranger = replace(LOCAL, secret="fg_owner_of_another_folder")

    assert door.admit(stranger, Scope.READ).tenant == "default"
    with pytest.raises(Refusal, match="another machine"):
        door.admit(replace(stranger, doubt="the request comes from another machine"), Scope.READ)
