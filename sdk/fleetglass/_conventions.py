"""Attribute names, each spelled once. OpenTelemetry's first; `fleetglass.*` where there is none."""

SERVICE_NAME = "service.name"

TENANT = "fleetglass.tenant"
"""Resource attribute that the collector sets from the key a request came with."""
