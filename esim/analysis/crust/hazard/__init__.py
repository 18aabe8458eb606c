"""Hazard numbers of seismic runs: from seismograms and from maps."""
