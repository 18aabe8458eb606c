"""Moving pictures: frames, projections and files."""
