"""The commands: esim-run computes a scenario, esim does everything around it."""
