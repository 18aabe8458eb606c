"""Where are ground, sea and air?"""
