"""The sections of an ensemble."""
