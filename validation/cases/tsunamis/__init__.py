"""Real oceans: Tohoku 2011, nested grids, far fields, rest."""
