"""What is a run going to do? The plan that is printed before it begins."""

import math

from esim.drivers.driver import Driver
from esim.drivers.seismic import Seismic
from esim.drivers.tsunami import Tsunami
from esim.io.ocean.output_size import predict_bytes
from esim.ocean.nesting.grid_level import GridLevel


def plan_lines(run: Driver) -> list[str]:
    """What `--check` prints: grid, time step, ranks, memory, outputs."""
    if isinstance(run, Seismic):
        return _seismic(run)
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


def _seismic(run: Seismic) -> list[str]:
    cfg, volume = run.cfg, run.volume
    (dx, dy, dz), blocks = volume.spacing, run.decomposition.blocks
    speeds = run.speeds
    nz, ny, nx = volume.shape
    memory = run.predicted_memory()
    per_point = memory["state and medium"] / (max(b.cells for b in blocks) * nz)
    ratio = f", Vp/Vs {speeds.least_ratio:.2f}-{speeds.largest_ratio:.2f}" if speeds.largest_ratio else ""
    lines = [
        f"grid           {nx} x {ny} x {nz} = {volume.cells:,} cells of {dx:g} x {dy:g} x {dz:g} m",
        f"waves          {speeds.slowest:.0f} to {speeds.fastest:.0f} m/s{ratio}",
        f"frequency      {run.frequency:.3g} Hz with {run.points:.1f} points per wavelength; the grid carries "
        f"{run.carried:.3g} Hz with {cfg.physics.points_per_wavelength:g}",
        f"time step      {run.dt:.4g} s, {run.dt / run.longest:.2f} of the largest stable one (Vp dt/h = "
        f"{run.dt * run.fastest / min(volume.spacing):.3f})",
        f"steps          {run.steps:,} for {cfg.time.duration:g} s",
        f"ranks          {run.comm.size} x {run.threads} threads, blocks of {min(b.cells for b in blocks) * nz:,} to "
        f"{max(b.cells for b in blocks) * nz:,} cells",
        f"memory         {sum(memory.values()) / 1e6:.0f} MB per rank; state and medium take {per_point:.1f} bytes "
        "per cell",
        f"output         at most {run.predicted_output() / 1e6:.1f} MB before compression, in {cfg.output.directory}",
    ]
    if run.mechanisms is not None:
        low, high = run.mechanisms.band
        lines.insert(3, f"attenuation    {cfg.physics.attenuation}, Q constant over {low:.3g}-{high:.3g} Hz")
    for source in run.sources:
        magnitude = f", Mw {source.magnitude:.2f}" if source.magnitude is not None else ""
        lines.append(f"source         {source.name}{magnitude}")
    return lines
