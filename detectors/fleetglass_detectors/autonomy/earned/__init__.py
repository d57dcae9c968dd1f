"""Earned autonomy: which agent has shown enough for the next tier, and which must lose one."""
