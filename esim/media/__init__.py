"""Media of the waves: bathymetry, topography and the crust."""
