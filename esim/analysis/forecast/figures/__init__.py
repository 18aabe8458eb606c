"""The figures of a forecast."""
