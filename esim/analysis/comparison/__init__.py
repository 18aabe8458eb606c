"""How runs and records differ: observations, differences, and measures of agreement."""
