"""Files of tsunami runs: gauges and points along a coast."""
