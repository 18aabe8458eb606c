"""Where are the points? Grids in two and three dimensions, interpolation, projection."""
