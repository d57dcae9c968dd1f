"""What listens for spans."""
