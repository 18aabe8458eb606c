"""The sections of a tsunami run."""
