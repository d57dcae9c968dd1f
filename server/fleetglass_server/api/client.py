"""Asks the API of the running fleetglass to do something."""

import http.client
import json
from collections.abc import Mapping
from typing import Any, Self, cast

from fleetglass_collector.access.door import authorization
from fleetglass_collector.access.owner import known_owner_key
from fleetglass_collector.config import Config
from fleetglass_collector.errors import ConfigError
from fleetglass_collector.store.endpoint import Endpoint, reason

TIMEOUT_S = 30.0
LARGEST_ANSWER = 1 << 20


class Client:
    def __init__(self, endpoint: Endpoint, key: str, *, is_chosen: bool = False) -> None:
        self._endpoint = endpoint
        self._headers = {"content-type": "application/json"}
        if key:
            self._headers["authorization"] = authorization(key)
        self._is_chosen = is_chosen

    @classmethod
    def of(cls, config: Config, *, url: str = "", key: str = "") -> Self:
        """Return a client of the API at a URL, else of the one that the configuration names."""
        if url:
            return cls(Endpoint.at(url, port=4319), key, is_chosen=True)
        certificate = config.receiver.tls_certificate
        endpoint = Endpoint.of_listener(config.api.listen, certificate=certificate)
        return cls(endpoint, key or known_owner_key(config.folder))

    def post(self, path: str, document: Mapping[str, object]) -> dict[str, Any]:
        """Send a document; return the answer's.

        Raises:
            ConfigError: Nothing answers, or it refuses. The message says what to do.
        """
        try:
            connection = self._endpoint.connect(timeout_s=TIMEOUT_S)
        except OSError as error:
            raise ConfigError(f"{self._endpoint}: {reason(error)}\n{self._advice()}") from error
        try:
            connection.request("POST", path, json.dumps(document).encode(), self._headers)
            answer = connection.getresponse()
            body = answer.read(LARGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise ConfigError(f"{self._endpoint} broke off: {reason(error)}") from error
        finally:
            connection.close()
        return self._checked(answer.status, body)

    def _checked(self, status: int, body: bytes) -> dict[str, Any]:
        try:
            document: Any = json.loads(body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise ConfigError(f"{self._endpoint} is not the API of fleetglass\n{self._advice()}")
        fields = cast("dict[str, Any]", document)
        if status == 200:
            return fields
        message = str(fields.get("message") or f"the API answered {status}")
        if status in (401, 403):
            message += "\nGive a key with scope 'admin': --key or FLEETGLASS_KEY."
        raise ConfigError(message)

    def _advice(self) -> str:
        if self._is_chosen:
            return (
                "Check the address after --api: it is the line 'API' that 'fleetglass up' prints."
            )
        return "Start it with 'fleetglass up', or name a running one: --api http://HOST:4319"
