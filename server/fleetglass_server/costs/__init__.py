"""What the fleet spends, as `fleetglass costs` shows it and holds it against a bill."""
