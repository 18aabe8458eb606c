"""Sources that both engines know."""
