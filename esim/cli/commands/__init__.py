"""One module for each command of `esim`, or for a few that belong together: `add` declares it."""
