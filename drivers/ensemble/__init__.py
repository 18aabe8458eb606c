"""An ensemble: who computes its members, and what becomes of them."""
