"""Around a run: the benchmark, the doctor, the energy meter."""
