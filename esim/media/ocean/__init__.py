"""Media of tsunamis: roughness of the seafloor."""
