"""Figures of a coupled run."""
