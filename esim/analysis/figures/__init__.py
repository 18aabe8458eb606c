"""What all figures share: maps and their marks, coastlines, labels, clocks, and what the reader chooses."""
