"""What to do when the database does not answer or asks for a key."""

from fleetglass_collector.config import Config
from fleetglass_collector.errors import StoreError

NOT_ALLOWED = (192, 193, 194, 516)


def with_advice(error: StoreError, config: Config) -> StoreError:
    """Return the error with advice added for what to do."""
    advice = ""
    if error.code in NOT_ALLOWED:
        advice = (
            "Give a key with scope 'read' (--key, FLEETGLASS_KEY), or a user and password "
            "in the DSN."
        )
    elif not error.code and "refused" in str(error):
        advice = (
            "Check the DSN, and that the server is running."
            if config.is_remote
            else "Start it with 'fleetglass up', or name a running one: --dsn http://HOST:8123"
        )
    return StoreError(f"{error}\n{advice}".strip(), code=error.code)
