RANK=() # what stands before esim-run on each rank
