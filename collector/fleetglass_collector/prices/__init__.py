"""Prices of models: looked up once for each provider and model, and applied in the database."""
