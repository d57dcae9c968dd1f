"""The processes of fleetglass, and the supervisor that keeps them running."""
