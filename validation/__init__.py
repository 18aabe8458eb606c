"""Is it right? Cases whose answer is known from observations or theory; minutes, not seconds."""
