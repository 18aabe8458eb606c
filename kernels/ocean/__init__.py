"""The equations of the ocean: shallow water, its boundaries, forcing, dispersion, nesting."""
