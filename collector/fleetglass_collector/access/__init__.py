"""Who may come in: addresses, keys, and the headers that carry them."""
