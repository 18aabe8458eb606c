"""What a coupled run shows: the motion of the bed, seismograms and gauges on one time axis, and both of its parts."""
