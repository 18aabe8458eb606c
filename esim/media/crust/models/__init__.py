"""Models of the medium: layers, gradients, files, random heterogeneity."""
