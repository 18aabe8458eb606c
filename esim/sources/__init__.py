"""Sources of waves in the ocean and in the crust, finite faults and their file formats."""
