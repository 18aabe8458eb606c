"""What may the YAML file of a forecast say?"""
