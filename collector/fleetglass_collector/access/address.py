"""Addresses, HOST:PORT, and whether only this machine can reach them."""

import ipaddress
from urllib.parse import unquote

from fleetglass_collector.errors import ConfigError


def split_address(address: str) -> tuple[str, int]:
    """Split `127.0.0.1:4318` or `[::1]:4318` into host and port.

    Raises:
        ConfigError: The text is not a host and a port.
    """
    host, colon, port = address.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else -1
    is_valid = colon and host and 0 <= number <= 65535 and bracketed == (":" in host)
    if not is_valid or "[" in host or "]" in host or any(letter.isspace() for letter in host):
        raise ConfigError(
            f"{address!r} is not an address: write HOST:PORT, for example '127.0.0.1:4318', "
            "'[::1]:4318', or '0.0.0.0:4318' for all network interfaces"
        )
    return host, number


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a host. Of names, only `localhost` counts."""
    if host.lower() == "localhost":
        return True
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return False
    inner = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (inner or parsed).is_loopback


def is_local(peer: str) -> bool:
    """Return whether a client is on this machine: `127.0.0.1:50`, or `%5B::1%5D:50` from gRPC."""
    host = unquote(peer).rpartition(":")[0]
    return is_loopback(host.removeprefix("[").removesuffix("]"))
