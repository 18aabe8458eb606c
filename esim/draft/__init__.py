"""From an earthquake to a configuration that runs: box, spacing and duration, chosen with reasons."""
