"""Who computes what, and how do ranks talk?"""
