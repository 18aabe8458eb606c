"""What is valid but probably unintended, and what error does it cost? Warnings before a run of the crust begins."""
