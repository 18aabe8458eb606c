"""A workload for tests of plans, with one kind of work and one exchange."""

from esim.planning.work import Exchange, Output, Term, Workload

NONE = Output(results=0, at_end=0, checkpoints=0, all=0, compressed=False)


def work(decomposition, hidden=True, reductions=(), inside=1.0):
    """A step of an ocean of 12 bytes a cell."""
    blocks = decomposition.blocks
    return Workload(
        steps=1,
        terms=[[Term("ocean", block.cells)] for block in blocks],
        inside=[inside] * len(blocks),
        exchanges=[Exchange(decomposition, 12, 1, hidden)],
        reductions=reductions,
        output=NONE,
        memory={},
        cells=sum(block.cells for block in blocks),
    )
