"""Does a recorded motion of the seafloor fit the grids, and what of it is lost?"""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from esim.grids.grid import Grid
from esim.ocean.advice.layers import damped_uplift
from esim.ocean.nesting.grid_level import GridLevel
from esim.ocean.nesting.hierarchy import OceanLevel
from esim.ocean.output.gauge_places import GaugePlace, moving_ground
from esim.ocean.sources.mapped_motion import FrameSupply
from esim.parallel.collectives import on_root
from esim.parallel.comm import Comm
from esim.sources.ocean import AnySource, SeafloorMotionSource

CELLS = 8  # of a grid in the shortest wave that it carries well
SAMPLES = 4  # records in its period, between which a motion may be linear
SLIGHT = 1e-3  # of the largest displacement: what is lost of less is not worth a word
STILL = 0.01  # of the largest displacement: a bed that moves less in its last records has come to rest
LATEST = 4  # records in the window of the low-pass, which at the end of a run hold what has been


def check_recorded(
    comm: Comm, levels: Sequence[GridLevel], sources: Sequence[AnySource], gravity: float
) -> Iterator[str]:
    """Sentences about recorded motions: what they do not carry, and what of files, which are there, is cut. Collective.

    Raises InputError where the last record of a file is not whole.
    """
    for source in sources:
        if not isinstance(source, SeafloorMotionSource):
            continue
        yield from _coarse_cells(source, levels)
        yield from _coarse_times(source, levels, gravity)
        if source.file is not None:
            texts = on_root(comm, partial(_check_file, source, levels[0].grid))
            yield from comm.bcast(texts) or ()


def _coarse_cells(source: SeafloorMotionSource, levels: Sequence[GridLevel]) -> Iterator[str]:
    size = max(source.cells.size)
    finer = []
    for level in levels:
        j0, j1, i0, i1 = source.region(level.grid)
        if j0 < j1 and i0 < i1:
            cell = min(float(sizes.max()) for sizes in level.grid.cell_size(j0, j1))
            if cell < (1.0 - SLIGHT) * size:
                finer.append(f"'{level.name}' ({cell:.4g} m)")
    if finer:
        yield (
            f"source {source.name}: its cells of {size:.4g} m carry no detail below {2 * size:.4g} m, less than the "
            f"cells of grid {', '.join(finer)} do; the motion is smooth there"
        )


def _coarse_times(source: SeafloorMotionSource, levels: Sequence[GridLevel], gravity: float) -> Iterator[str]:
    for level in levels:
        j0, j1, i0, i1 = source.region(level.grid)
        if source.instantaneous or level.water.deepest <= 0 or j0 >= j1 or i0 >= i1:
            continue
        cell = min(float(sizes.min()) for sizes in level.grid.cell_size())
        period = CELLS * cell / np.sqrt(gravity * level.water.deepest)
        if source.geometry.every > (1.0 + SLIGHT) * period / SAMPLES:
            yield (
                f"source {source.name}: between records, {source.geometry.every:.4g} s, motion is linear; the shortest "
                f"waves of grid '{level.name}' have {period:.3g} s; expected records {period / SAMPLES:.3g} s apart "
                "or less"
            )
            return


def _check_file(source: SeafloorMotionSource, grid: Grid) -> list[str]:
    frames = source.open_frames()
    k, last = frames.last()
    found = list(lost_motion(source, last, grid))
    before = frames.frame(max(0, k - LATEST))
    assert before is not None
    moved = float(np.abs(last[-1] - before[-1]).max())
    if moved > STILL * float(np.abs(last[-1]).max()):
        found.append(
            f"source {source.name}: moves by up to {moved:.3g} m in the last {min(k, LATEST)} intervals of its record, "
            f"which ends at {source.geometry.time(k):.6g} s; from then on it rests"
        )
    return found


def lost_motion(source: SeafloorMotionSource, last: np.ndarray, grid: Grid) -> Iterator[str]:
    """A sentence about what taper and grid cut off the final displacement."""
    largest = float(np.abs(last[-1]).max())
    tapered, outside = source.tapered(last), source.outside(last, grid)
    parts = []
    if tapered.largest > SLIGHT * largest:
        parts.append(
            f"up to {tapered.largest:.3g} m and {tapered.volume:.3g} m3 by the taper over {source.taper_width:.4g} m "
            "inside the sides of the block"
        )
    if outside.largest > SLIGHT * largest:
        parts.append(f"up to {outside.largest:.3g} m and {outside.volume:.3g} m3 beyond the grid")
    if parts:
        yield f"source {source.name}: of a displacement of up to {largest:.3g} m, cut off are {' and '.join(parts)}"


def _check_recent(supply: FrameSupply, grid: Grid) -> list[str]:
    """What was cut off the latest frame, on the first rank; nothing elsewhere."""
    last = supply.recent()
    return [] if last is None else list(lost_motion(supply.source, last, grid))


def complete_motion(
    levels: Sequence[OceanLevel], gauges: Sequence[GaugePlace], duration: float
) -> Iterator[str]:
    """Complete what is known of recorded motions at the end of a run [s], and say what is odd about it. Collective."""
    if not levels[0].motion.is_recorded:
        return
    for level in levels:
        level.motion.complete()
    root = levels[0]
    yield from root.motion.warnings(duration)
    for supply in root.motion.supplies:
        if supply.source.file is None:
            yield from root.ocean.comm.bcast(_check_recent(supply, root.ocean.grid))
    yield from damped_uplift(root.ocean, np.abs(root.motion.uplift))
    yield from moving_ground(gauges, levels)
