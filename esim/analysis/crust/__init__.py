"""Figures of seismic runs."""
