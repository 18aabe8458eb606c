"""The crust engine: from medium and sources to the motion of the ground."""
