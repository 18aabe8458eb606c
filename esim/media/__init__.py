"""What the waves travel through: bathymetry and topography."""
