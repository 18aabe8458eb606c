"""What passes between the two engines of a coupled run, and in which order they are computed."""
