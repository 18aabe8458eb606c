"""esim: tsunamis and earthquakes on CPUs, GPUs and MPI clusters from one physics source."""

__version__ = "0.2.0"
