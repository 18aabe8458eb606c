"""Grids within grids: ghost cells, refluxing, bathymetry, load balance."""
