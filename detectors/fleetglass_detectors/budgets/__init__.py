"""Budgets limit what agents may spend in a period, and raise signals before the money is gone."""
