"""Chambers, cracks, rings and dipoles below the seafloor."""
