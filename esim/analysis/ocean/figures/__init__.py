"""Figures of tsunami runs."""
