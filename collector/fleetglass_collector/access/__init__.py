"""Decides who may connect: addresses, keys, and the headers that carry keys."""
