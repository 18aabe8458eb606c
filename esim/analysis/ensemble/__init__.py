"""What do the members of an ensemble tell together?"""
