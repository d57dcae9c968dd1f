"""What to do when the database does not answer or asks for a key."""

from fleetglass_collector.config import Config
from fleetglass_collector.errors import StoreError


def with_advice(error: StoreError, config: Config, where: str) -> StoreError:
    """Return the error with advice added for what to do."""
    advice = ""
    if not error.code and str(error).startswith(f"{where}: "):
        advice = (
            "Check the DSN, and that the server is running."
            if config.is_remote
            else "Start it with 'fleetglass up', or give another database with --dsn."
        )
    elif error.code in (192, 193, 194, 516):
        advice = (
            "Give a key with scope 'read' (--key, FLEETGLASS_KEY), or a user and password "
            "in the DSN."
        )
    return StoreError(f"{error}\n{advice}".strip(), code=error.code)
