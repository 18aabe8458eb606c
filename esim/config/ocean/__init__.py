"""What may a YAML file of scenario tsunami say?"""
