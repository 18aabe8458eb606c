"""What a tsunami run writes: snapshots, gauges, maxima, run-up, checkpoints."""
