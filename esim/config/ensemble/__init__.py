"""What may the YAML file of an ensemble say?"""
