"""What models cost, for people."""
