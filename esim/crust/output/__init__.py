"""What does a run of the crust record and write?"""
