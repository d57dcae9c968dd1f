"""What people do with the policy of the fleet: read it, compare it, try it out, draft it."""
