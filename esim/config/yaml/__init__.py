"""How is a YAML file read? Text with places, sections with keys, units, paths, and sentences about what is wrong."""
