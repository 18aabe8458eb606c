"""Configuration of scenario coupled: one source, a block of the crust, an ocean, and how one moves the other."""
