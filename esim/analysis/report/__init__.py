"""The page of a run: one HTML file with its summary, maps, records, tables and provenance.

A scenario names, in esim.config.scenarios, a function (run, choices) -> sections in their order. `sections` adds what
all runs have, `page` makes the file.
"""
