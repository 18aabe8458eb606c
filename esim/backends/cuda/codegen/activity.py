"""What does a generated kernel that leaves water at rest alone take beside its arrays?"""

# Flags of the tiles of the state and of the result, see esim.backends.activity, and the cells that each tile has
# computed so far.
ACTIVITY = ("quiescent", "was_quiescent", "computed")
