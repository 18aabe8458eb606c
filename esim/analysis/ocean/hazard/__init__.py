"""Hazard tables of tsunami runs."""
