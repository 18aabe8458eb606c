"""The sections of a forecast."""
