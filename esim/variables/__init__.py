"""Which quantities do output files have? One table for each engine: names in YAML, CF attributes, computation."""
