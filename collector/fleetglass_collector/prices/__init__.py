"""What models cost: found once for each pair of provider and model, and applied in the database."""
