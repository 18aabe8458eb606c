"""Maps in Zarr stores, which all ranks write at once."""
