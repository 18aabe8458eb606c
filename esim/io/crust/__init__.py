"""Files of seismic runs: seismograms in NetCDF, SAC and miniSEED."""
