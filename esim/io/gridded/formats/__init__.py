"""Files of grids in other formats than NetCDF, each read as if it were a NetCDF file."""
