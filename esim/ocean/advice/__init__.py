"""What in a tsunami run is valid but probably unintended, and what of its input cannot be right?"""
