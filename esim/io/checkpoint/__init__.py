"""Where does a run resume? From parts that all ranks write at once, and a manifest that makes them one checkpoint.

    checkpoint/step_0000001234/part_00000.npy      what rank 0 had: arrays one after another, as NumPy stores them
                               part_00001.npy      what rank 1 had
                               manifest.json       which array is where, checksums of all files, attributes

The folder has a hidden name until all of it is durable, so that a checkpoint is there whole or not at all. Two
generations are kept. The arrays [n, j, i] belong to the whole grid, whatever the number of ranks: a rank that resumes
reads the windows that it needs from the parts that have them.
"""
