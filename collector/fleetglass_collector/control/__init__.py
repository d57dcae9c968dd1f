"""What people tell agents while they run."""
