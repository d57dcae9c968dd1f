"""Add, list and remove the keys that other machines need.

Clients on this machine need no key. A key belongs to one tenant: all spans sent with it are stored
under that tenant. A key has one scope: 'ingest' may send spans, 'read' may query, 'admin' may do
both and change incidents. Running processes notice new and removed keys by themselves.
"""

import argparse
import sys

from fleetglass_collector.access.keys import FILE_NAME, Key, Keyring, Scope
from fleetglass_collector.config import Config
from fleetglass_server.commands.flags import repeat_data_and_config

NAME = "keys"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(title="actions", dest="action", required=True, metavar="ACTION")
    add = actions.add_parser(
        "add",
        help="make a key and print its secret",
        description="Make a key. If the output is not a terminal, only the secret is printed.",
    )
    add.add_argument("--tenant", required=True, metavar="NAME", help="tenant of the spans")
    add.add_argument(
        "--scope", required=True, choices=[*Scope], type=Scope, help="what the key may do"
    )
    listing = actions.add_parser("list", help="list the keys, without their secrets")
    remove = actions.add_parser("remove", help="remove a key; it stops working at once")
    remove.add_argument("id", metavar="ID", help="id of the key, from 'fleetglass keys list'")
    repeat_data_and_config(add, listing, remove)


def run(config: Config, options: argparse.Namespace) -> int:
    keyring = Keyring(config.folder / FILE_NAME)
    if options.action == "add":
        return _add(keyring, options.tenant, options.scope)
    if options.action == "remove":
        return _remove(keyring, options.id)
    print(table(keyring.keys()))
    return 0


def table(keys: list[Key]) -> str:
    if not keys:
        return "No keys yet. Make one with: fleetglass keys add --tenant NAME --scope ingest"
    rows = [("ID", "TENANT", "SCOPE", "CREATED")]
    rows += [(key.id, key.tenant, key.scope.value, key.created) for key in keys]
    width = max(len(row[1]) for row in rows)
    return "\n".join(
        f"{id:10}  {tenant:{width}}  {scope:6}  {at}" for id, tenant, scope, at in rows
    )


def instructions(key: Key, secret: str) -> str:
    """Say what the new key is and how to use it. No other text contains the secret."""
    lines = [
        f"Key {key.id}: tenant {key.tenant!r}, scope '{key.scope}'.",
        "Copy its secret now; it is not shown again:",
        "",
        f"  {secret}",
        "",
        "In an HTTP header:",
        f"  Authorization: Bearer {secret}",
    ]
    if key.scope is not Scope.READ:
        lines += [
            "In any OpenTelemetry SDK, as an environment variable:",
            f'  OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20{secret}"',
        ]
    if key.scope is not Scope.INGEST:
        lines += [
            "In ClickHouse clients and Grafana: user 'reader', with the secret as the password.",
            "For 'fleetglass query', as an environment variable:",
            f"  FLEETGLASS_KEY={secret}",
        ]
    return "\n".join(lines)


def _add(keyring: Keyring, tenant: str, scope: Scope) -> int:
    secret = keyring.add(tenant, scope)
    key = keyring.find(secret)
    print(instructions(key, secret) if key and sys.stdout.isatty() else secret)
    return 0


def _remove(keyring: Keyring, id: str) -> int:
    if keyring.remove(id):
        print(f"Removed key {id}.")
        return 0
    print(f"fleetglass: there is no key {id!r}. See: fleetglass keys list", file=sys.stderr)
    return 1
