"""The ocean engine: from media and sources to the water of every step."""
