"""The ocean engine against exact solutions."""
