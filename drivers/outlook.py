"""What is a run going to do? The plan that is printed before it begins."""

import math

from esim.drivers.tsunami import Tsunami
from esim.io.directory import predict_bytes


def plan_lines(run: Tsunami) -> list[str]:
    """What `--check` prints: grid, time step, ranks, memory, outputs."""
    cfg, grid = run.cfg, run.grid
    names = ("deg", "deg") if grid.lonlat else ("m", "m")
    steps = math.ceil(cfg.time.duration / run.dt)
    memory = sum(run.predicted_memory().values())
    blocks = run.decomposition.blocks
    width, height = grid.cell_size()
    lines = [
        f"grid           {grid.nx} x {grid.ny} = {grid.nx * grid.ny:,} cells of {grid.dx:.6g} x {grid.dy:.6g} "
        f"{names[0]} ({width.min():.0f}-{width.max():.0f} m x {height.min():.0f} m)",
        f"deepest water  {run.deepest:.0f} m",
        f"time step      {run.dt:.4g} s" + (" at most (adaptive)" if cfg.run.adaptive else ""),
        f"steps          about {steps:,} for {cfg.time.duration:g} s",
        f"ranks          {run.comm.size} x {run.threads} threads, blocks of {min(b.cells for b in blocks):,} to "
        f"{max(b.cells for b in blocks):,} cells",
        f"memory         {memory / 1e6:.0f} MB per rank",
        f"output         at most {predict_bytes(cfg, grid) / 1e6:.1f} MB before compression, in {cfg.output.directory}",
    ]
    for source in run.sources:
        magnitude = f", Mw {source.magnitude:.2f}" if source.magnitude else ""
        lines.append(f"source         {source.name}{magnitude}")
    return lines
