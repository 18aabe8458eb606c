"""The benchmarks of the National Tsunami Hazard Mitigation Program."""
