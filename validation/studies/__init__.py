"""Prototypes that decided how something is computed, kept so that the decision can be checked."""
