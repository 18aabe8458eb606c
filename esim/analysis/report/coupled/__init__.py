"""The sections of a coupled run."""
