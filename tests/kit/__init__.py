"""What tests share: runs, rows, whole fleets, processes."""
