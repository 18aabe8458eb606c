"""Which batch job computes a scenario on a cluster? Nodes, ranks, memory and time from the plan; then the script."""
