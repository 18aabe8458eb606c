"""What is a run going to do? The plan that is printed before it begins."""

import math

from esim.drivers.driver import Driver
from esim.drivers.tsunami import Tsunami
from esim.io.directory import predict_bytes
from esim.ocean.nesting.grid_level import GridLevel


def plan_lines(run: Driver) -> list[str]:
    """What `--check` prints: grid, time step, ranks, memory, outputs."""
    assert isinstance(run, Tsunami)
    return _tsunami(run)


def _tsunami(run: Tsunami) -> list[str]:
    cfg, grid = run.cfg, run.grid
    names = ("deg", "deg") if grid.lonlat else ("m", "m")
    steps = math.ceil(cfg.time.duration / run.dt)
    memory = sum(run.predicted_memory().values())
    blocks = run.decomposition.blocks
    width, height = grid.cell_size()
    size = predict_bytes(cfg, *(tier.grid for tier in run.tiers))
    lines = [
        f"grid           {grid.nx} x {grid.ny} = {grid.nx * grid.ny:,} cells of {grid.dx:.6g} x {grid.dy:.6g} "
        f"{names[0]} ({width.min():.0f}-{width.max():.0f} m x {height.min():.0f} m)",
        f"deepest water  {run.deepest:.0f} m",
        f"time step      {run.dt:.4g} s" + (" at most (adaptive)" if cfg.run.adaptive else ""),
        f"steps          about {steps:,} for {cfg.time.duration:g} s",
        f"ranks          {run.comm.size} x {run.threads} threads, blocks of {min(b.cells for b in blocks):,} to "
        f"{max(b.cells for b in blocks):,} cells",
        f"memory         {memory / 1e6:.0f} MB per rank",
        f"output         at most {size / 1e6:.1f} MB before compression, in {cfg.output.directory}",
    ]
    if cfg.physics.dispersion != "none":
        sweeps = ", ".join(str(tier.sweeps) for tier in run.tiers)
        lines.insert(
            4, f"dispersion     {cfg.physics.dispersion}, {sweeps} sweeps over the cells in each step"
        )
    lines[1:1] = [_nest(tier, run.comm.size) for tier in run.tiers[1:]]
    for source in run.sources:
        magnitude = getattr(source, "magnitude", None)
        lines.append(f"source         {source.name}" + (f", Mw {magnitude:.2f}" if magnitude else ""))
    return lines


def _nest(tier: GridLevel, ranks: int) -> str:
    placed, grid = tier.placed, tier.grid
    assert placed.parent is not None
    width, height = grid.cell_size()
    size = f"{width.min():.0f}-{width.max():.0f} m x {height.min():.0f} m"
    shared = sum(block.cells > 0 for block in tier.decomposition.blocks)
    return (
        f"nest           {placed.name} in {placed.parent.name}: {grid.nx} x {grid.ny} = {grid.nx * grid.ny:,} "
        f"cells, {placed.ratio} to one ({size}), {tier.substeps} steps of "
        f"{tier.dt:.4g} s{'' if placed.two_way else ', one-way'}"
        + (f", on {shared} of {ranks} ranks" if shared < ranks else "")
    )
