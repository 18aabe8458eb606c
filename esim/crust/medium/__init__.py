"""What do waves travel through in this run, how do they lose energy, and where does the ground end?"""
