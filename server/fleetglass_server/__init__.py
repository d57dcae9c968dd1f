"""What people ask and see, and what starts the processes."""
