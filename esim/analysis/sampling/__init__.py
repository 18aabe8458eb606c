"""What a dataset says elsewhere: at points, along lines, on other grids, and where it has a value."""
