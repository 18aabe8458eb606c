"""How are the statistics of an ensemble read, listed and drawn?"""
