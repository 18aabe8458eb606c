"""What tests share: small oceans, backends, ranks."""

import os

os.environ.setdefault("MPLBACKEND", "Agg")
# Runs that leave the number of threads open take one: tests run side by side, and what is compiled for one thread
# is compiled anyway. Tests of threads say how many.
os.environ["OMP_NUM_THREADS"] = "1"
