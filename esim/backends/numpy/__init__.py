"""NumPy, or a module like it: the reference that every other backend has to equal."""
