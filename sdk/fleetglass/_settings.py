"""The settings, from code or from the environment. Only this module reads the environment."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self, TypedDict
from urllib.parse import urlsplit

from fleetglass import redact
from fleetglass._errors import ConfigurationError
from fleetglass.variables import VARIABLES

CONTENT = ("full", "preview", "hash", "none")
ENFORCE, WITHOUT = ("off", "observe", "refuse", "ask"), ("allow", "refuse")
# The values of OpenTelemetry's switch, today's and older ones.
OTEL_CONTENT = {
    "no_content": "none",
    "event_only": "none",
    "span_only": "full",
    "span_and_event": "full",
    "true": "full",
    "false": "none",
}
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")

Redactor = Callable[[str], str]
Price = Callable[[str, str, Mapping[str, int]], float | None]
"""Returns the dollars for a call, from provider, model and tokens by class; None if unknown."""


class Given(TypedDict, total=False):
    """What `configure` takes: the fields of `Settings`. None is the same as nothing given."""

    service: str | None
    endpoint: str | None
    key: str | None
    content: Literal["full", "preview", "hash", "none"] | None
    redact: Sequence[Redactor] | None
    max_content: int | None
    guard: bool | None
    enforce: Literal["off", "observe", "refuse", "ask"] | None
    enforce_without: Literal["allow", "refuse"] | None
    approval_s: float | None
    price: Price | None
    baggage: Sequence[str] | None
    threads: bool | None
    heartbeat_s: float | None
    max_queue: int | None
    max_queue_bytes: int | None
    max_batch: int | None
    delay_s: float | None
    exit_s: float | None
    disabled: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    service: str = ""
    """The service name of the spans. By default OpenTelemetry's own rules decide."""
    endpoint: str = "http://localhost:4318"
    key: str = ""
    """The key for the collector; see `fleetglass keys`."""
    content: str = "full"
    """full, preview (the first 200 characters), hash, or none."""
    redact: tuple[Redactor, ...] = (redact.secrets,)
    max_content: int = 16_384
    """Characters that are kept of one value."""
    guard: bool = False
    """Obey directives: halt, throttle, resume."""
    enforce: str = "off"
    """Check each call of a tool against the policy first: `observe` only warns, `refuse` raises
    `TierViolation`, `ask` also waits for an approval where one is needed."""
    enforce_without: str = "allow"
    """What holds while the policy is not known: allow or refuse."""
    approval_s: float = 900.0
    """How long a call waits for its approval."""
    price: Price | None = None
    baggage: tuple[str, ...] = ("fleetglass.run.id",)
    """Names that are sent to other services in W3C baggage, and accepted from them."""
    threads: bool = True
    """Whether new threads and executors continue the context that started them."""
    heartbeat_s: float = 30.0
    max_queue: int = 100_000
    """The most spans that wait to be sent. More are lost, and counted."""
    max_queue_bytes: int = 64 << 20
    """The most characters of text in these spans."""
    max_batch: int = 512
    delay_s: float = 1.0
    exit_s: float = 2.0
    """How long the end of the process waits for the last spans to be sent."""
    disabled: bool = False

    @classmethod
    def of(cls, environment: Mapping[str, str], **given: Any) -> Self:
        """Take each setting from the arguments, else from the environment, else its default."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(given.keys() - known):
            raise ConfigurationError(f"unknown setting {unknown[0]!r}; there are {sorted(known)}")
        chosen = {name: value for name, value in given.items() if value is not None}
        settings = replace(cls(), **(_from(environment) | chosen))
        settings.validate()
        # OpenTelemetry's variables may name the address of traces alone.
        endpoint = settings.endpoint.strip().rstrip("/").removesuffix("/v1/traces")
        return replace(settings, endpoint=endpoint)

    def validate(self) -> None:
        if self.content not in CONTENT:
            raise ConfigurationError(f"content must be one of {CONTENT}, not {self.content!r}")
        for name, known in (("enforce", ENFORCE), ("enforce_without", WITHOUT)):
            if getattr(self, name) not in known:
                raise ConfigurationError(
                    f"{name} must be one of {known}, not {getattr(self, name)!r}"
                )
        if not _is_url(self.endpoint):
            raise ConfigurationError(
                "endpoint must be a URL such as http://localhost:4318; it must begin with http:// "
                f"or https:// and name a host, and is {self.endpoint!r}"
            )
        for name in ("max_queue", "max_queue_bytes", "max_batch", "max_content"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"{name} must be at least 1, not {getattr(self, name)!r}")


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(str(text).strip())
        # Reading the port raises if it is no number.
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


def _from(environment: Mapping[str, str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for name, variables in VARIABLES.items():
        for variable in variables:
            if value := environment.get(variable, "").strip():
                settings[name] = _parsed(name, variable, value)
                break
    return settings


def _parsed(name: str, variable: str, value: str) -> Any:
    if name == "content":
        return OTEL_CONTENT.get(value.lower(), value.lower())
    if name in ("guard", "disabled"):
        if value.lower() not in TRUE + FALSE:
            raise ConfigurationError(f"{variable} must be true or false, not {value!r}")
        return value.lower() in TRUE
    return value
