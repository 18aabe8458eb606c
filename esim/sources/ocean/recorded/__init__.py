"""The motion of the seafloor that a seismic run has recorded, or records meanwhile."""
