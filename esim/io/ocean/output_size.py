"""How large will the outputs of an ocean run be?"""

from esim.config.ocean.root import TsunamiConfig
from esim.grids.grid import Grid
from esim.io.directory import predict_sum
from esim.variables.ocean import STATIONS

CHECKPOINT_ARRAYS = 12  # state, seafloor and maxima, rounded up


def predict_bytes(cfg: TsunamiConfig, *grids: Grid) -> int:
    """Size of all outputs of an ocean run [bytes] before compression, which commonly leaves half to a tenth.

    grids are the whole grid and its nests. Counts fields.nc, maxima.nc, stations.nc and two generations of checkpoints.
    """
    output, duration = cfg.output, cfg.time.duration
    cells = sum(grid.nx * grid.ny for grid in grids)
    maps, series, checkpoint = [], (0, 0, 0), 0
    if output.maxima:
        maps.append((cells, len(output.maxima.variables) + 2, 1))
    if output.fields:
        maps += [
            (cells, 1, 1),
            (cells, len(output.fields.variables), _records(duration, output.fields.every)),
        ]
    if cfg.gauges:
        series = (len(cfg.gauges), len(STATIONS), _records(duration, output.stations.every))
    if output.checkpoint:
        checkpoint = (8 if cfg.run.precision == "float64" else 4) * cells * CHECKPOINT_ARRAYS
    return predict_sum(maps, series, checkpoint=checkpoint)


def _records(duration: float, every: float) -> int:
    return int(duration / every) + 1
