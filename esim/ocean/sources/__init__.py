"""How sources act on the ocean: initial conditions, seafloor motion, landslides."""
