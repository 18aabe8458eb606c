"""Crust and ocean together."""
