"""What accelerates the water beside the shallow-water terms: air pressure, loading, compressibility, dispersion."""
