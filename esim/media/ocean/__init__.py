"""What tsunamis travel over: bathymetry and roughness."""
