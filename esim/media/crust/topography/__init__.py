"""Topography of the crust: ground, sea and air."""
