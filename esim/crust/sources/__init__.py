"""How do sources act? Checked and low-passed, then added to velocities and stresses."""
