"""Add, list and remove the keys that other machines need.

On this machine no key is needed. A key belongs to a tenant, which the rows of its spans carry, and
has one scope: 'ingest' sends spans, 'read' asks by SQL, 'admin' does both. Running processes
notice a change by themselves.
"""

import argparse
import sys

from fleetglass_collector.access.keys import FILE_NAME, Key, Keyring, Scope
from fleetglass_collector.config import Config
from fleetglass_server.commands.flags import repeat_place

NAME = "keys"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser(
        "add", help="make a key", description="Make a key. Piped, it prints the secret alone."
    )
    add.add_argument("--tenant", required=True, help="whose spans these are: a name")
    add.add_argument("--scope", required=True, choices=[*Scope], type=Scope, help="what it may do")
    listing = actions.add_parser("list", help="show the keys, never their secrets")
    remove = actions.add_parser("remove", help="make a key worthless at once")
    remove.add_argument("id", metavar="ID", help="as 'keys list' shows it")
    repeat_place(add, listing, remove)


def run(config: Config, options: argparse.Namespace) -> int:
    keyring = Keyring(config.folder / FILE_NAME)
    if options.action == "add":
        return _add(keyring, options.tenant, options.scope)
    if options.action == "remove":
        return _remove(keyring, options.id)
    print(listed(keyring.keys()))
    return 0


def listed(keys: list[Key]) -> str:
    if not keys:
        return "There are no keys. 'fleetglass keys add --tenant NAME --scope ingest' makes one."
    rows = [("ID", "TENANT", "SCOPE", "CREATED")]
    rows += [(key.id, key.tenant, key.scope.value, key.created) for key in keys]
    width = max(len(row[1]) for row in rows)
    return "\n".join(
        f"{id:10}  {tenant:{width}}  {scope:6}  {at}" for id, tenant, scope, at in rows
    )


def explained(key: Key, secret: str) -> str:
    """Say what the new key is and how to use it; the only text that holds a secret."""
    lines = [
        f"Key {key.id}: tenant {key.tenant!r}, scope {key.scope!r}. It is shown this once:",
        "",
        f"  {secret}",
        "",
        "Send it as a header",
        f"  Authorization: Bearer {secret}",
    ]
    if key.scope is not Scope.READ:
        lines += [
            "or, from any OpenTelemetry SDK, by the environment",
            f'  OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20{secret}"',
        ]
    if key.scope is not Scope.INGEST:
        lines += [
            "or, from ClickHouse clients and Grafana, as the password of the user 'reader';",
            "'fleetglass query' reads it from the environment",
            f"  FLEETGLASS_KEY={secret}",
        ]
    return "\n".join(lines)


def _add(keyring: Keyring, tenant: str, scope: Scope) -> int:
    secret = keyring.add(tenant, scope)
    key = keyring.find(secret)
    print(explained(key, secret) if key and sys.stdout.isatty() else secret)
    return 0


def _remove(keyring: Keyring, id: str) -> int:
    if keyring.remove(id):
        print(f"Key {id} is removed.")
        return 0
    print(f"fleetglass: no key {id!r}; 'fleetglass keys list' shows them", file=sys.stderr)
    return 1
