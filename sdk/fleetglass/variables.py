"""The environment variables that the SDK reads, by setting. The first one that is set counts."""

from collections.abc import Mapping

# Our own name comes first, then OpenTelemetry's.
VARIABLES: Mapping[str, tuple[str, ...]] = {
    "service": ("FLEETGLASS_SERVICE", "OTEL_SERVICE_NAME"),
    "endpoint": (
        "FLEETGLASS_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    ),
    "key": ("FLEETGLASS_KEY",),
    "content": ("FLEETGLASS_CONTENT", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"),
    "guard": ("FLEETGLASS_GUARD",),
    "enforce": ("FLEETGLASS_ENFORCE",),
    "enforce_without": ("FLEETGLASS_ENFORCE_WITHOUT",),
    "disabled": ("FLEETGLASS_DISABLED", "OTEL_SDK_DISABLED"),
}
