"""Budgets: what may be spent, by whom and in which time; told before it is gone."""
