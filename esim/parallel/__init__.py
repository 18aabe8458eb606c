"""Which rank computes which block, and how do ranks exchange messages?"""
