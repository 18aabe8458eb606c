"""Fields on grids: NetCDF files that are read and written."""
