import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleetglass_collector.access.keys import Keyring, Scope
from fleetglass_collector.errors import ConfigError

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "data" / "keys.json", clock=lambda: NOON)


def test_a_folder_without_keys_has_none(keyring: Keyring) -> None:
    assert len(keyring) == 0
    assert keyring.find("fg_x", Scope.INGEST) is None
    assert not keyring.has()


def test_a_key_is_found_by_its_secret(keyring: Keyring) -> None:
    secret = keyring.add("acme", Scope.INGEST)

    key = keyring.find(secret, Scope.INGEST)

    assert key
    assert (key.tenant, key.scope, key.created) == ("acme", "ingest", "2026-01-02T12:00:00+00:00")


def test_secrets_are_long_and_all_different(keyring: Keyring) -> None:
    secrets = {keyring.add("acme", Scope.INGEST) for _ in range(20)}

    assert len(secrets) == len(keyring) == 20
    assert all(secret.startswith("fg_") and len(secret) == 46 for secret in secrets)


def test_the_file_contains_no_secret_and_only_its_owner_can_read_it(keyring: Keyring) -> None:
    secret = keyring.add("acme", Scope.ADMIN)

    assert secret not in keyring.file.read_text()
    assert keyring.file.stat().st_mode & 0o777 == 0o600


def test_a_readable_file_is_closed_to_other_users(keyring: Keyring) -> None:
    keyring.add("acme", Scope.READ)
    keyring.file.chmod(0o644)
    keyring.add("acme", Scope.READ)

    assert keyring.file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("has", "wanted", "fits"),
    [
        (Scope.INGEST, Scope.INGEST, True),
        (Scope.INGEST, Scope.READ, False),
        (Scope.READ, Scope.INGEST, False),
        (Scope.READ, Scope.ADMIN, False),
        (Scope.ADMIN, Scope.INGEST, True),
        (Scope.ADMIN, Scope.READ, True),
    ],
)
def test_a_key_may_do_what_its_scope_allows(
    has: Scope, wanted: Scope, fits: bool, keyring: Keyring
) -> None:
    secret = keyring.add("acme", has)

    assert bool(keyring.find(secret, wanted)) is fits
    assert keyring.has(wanted) is fits


@pytest.mark.parametrize("secret", ["", "fg_", "fg_wrong", "é", "\udcff", "x" * 100_000])
def test_a_wrong_secret_finds_no_key(secret: str, keyring: Keyring) -> None:
    keyring.add("acme", Scope.ADMIN)

    assert keyring.find(secret, Scope.ADMIN) is None


def test_a_hash_is_not_a_secret(keyring: Keyring) -> None:
    keyring.add("acme", Scope.ADMIN)

    assert keyring.find(keyring.keys()[0].hash) is None


def test_a_running_process_notices_new_and_removed_keys(keyring: Keyring) -> None:
    running = Keyring(keyring.file)
    secret = keyring.add("acme", Scope.INGEST)
    key = running.find(secret)
    removed = key and keyring.remove(key.id)

    assert key
    assert removed
    assert running.find(secret) is None


def test_an_unknown_key_cannot_be_removed(keyring: Keyring) -> None:
    keyring.add("acme", Scope.INGEST)

    assert not keyring.remove("k0")
    assert len(keyring) == 1


def test_concurrent_commands_lose_no_key(keyring: Keyring) -> None:
    rings = [Keyring(keyring.file) for _ in range(8)]

    def add(ring: Keyring) -> str:
        return ring.add("acme", Scope.READ)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, rings * 5))

    assert len(keyring) == 40


@pytest.mark.parametrize("tenant", ["", " ", "a b", "-a", "../a", "é", "a\n", "x" * 101])
def test_a_tenant_with_a_forbidden_name_is_refused(tenant: str, keyring: Keyring) -> None:
    with pytest.raises(ConfigError, match="cannot be a tenant"):
        keyring.add(tenant, Scope.READ)


@pytest.mark.parametrize("text", ["", "{", "{}x", "[1]", '[{"id": "k1"}]', "3", '{"a": 1}'])
def test_a_damaged_file_is_refused_at_start(text: str, keyring: Keyring) -> None:
    keyring.file.parent.mkdir()
    keyring.file.write_text(text)

    with pytest.raises(ConfigError, match="is not a list of keys"):
        Keyring(keyring.file)


@pytest.mark.parametrize("field", ["id", "tenant", "scope", "hash", "created"])
def test_every_field_of_a_key_is_checked(field: str, keyring: Keyring) -> None:
    keyring.add("acme", Scope.READ)
    items = json.loads(keyring.file.read_text())
    items[0][field] = 7
    keyring.file.write_text(json.dumps(items))

    with pytest.raises(ConfigError, match="is not a list of keys"):
        Keyring(keyring.file)


def test_a_running_process_keeps_its_keys_when_the_file_is_damaged(
    keyring: Keyring, caplog: pytest.LogCaptureFixture
) -> None:
    secret = keyring.add("acme", Scope.READ)
    running = Keyring(keyring.file)
    keyring.file.write_text("nonsense")

    assert running.find(secret)
    assert running.find(secret)
    assert caplog.text.count("the keys read before this stay valid") == 1


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match="cannot .* the file of keys"):
        Keyring(tmp_path / "file" / "keys.json").add("acme", Scope.READ)
