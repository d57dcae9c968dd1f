"""Autonomy: what agents may do by themselves, and what they did beyond it."""
