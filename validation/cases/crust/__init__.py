"""The crust engine against exact solutions and independent solvers."""
