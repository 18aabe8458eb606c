"""The sections of a seismic run."""
