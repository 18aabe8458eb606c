"""What is reported of a run of the ocean: its nests before it begins, and what came of it at the end?"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from esim.grids.grid import SIDES, Grid
from esim.media.layered_elevation import LayeredElevation
from esim.ocean.nesting.grid_level import GridLevel
from esim.sources.ocean import AnySource, SeafloorMotionSource, Source
from esim.sources.ocean.fault_source import FaultSource


def cell_sizes(grid: Grid) -> str:
    """Width and height of the cells of a grid in metres."""
    width, height = grid.cell_size()
    return f"{width.min():.0f}-{width.max():.0f} m x {height.min():.0f} m"


def nest_lines(levels: Sequence[GridLevel], ranks: int) -> Iterator[str]:
    """A line for each nest of the plan of a run."""
    for level in levels:
        if level.parent is None:
            continue
        grid, used = level.grid, sum(block.cells > 0 for block in level.decomposition.blocks)
        yield (
            f"nest           {level.name} in {level.parent.name}: {grid.nx} x {grid.ny} = {grid.nx * grid.ny:,} "
            f"cells, {level.ratio} to one ({cell_sizes(grid)}), {level.substeps} steps of {level.dt:.4g} s"
            + ("" if level.two_way else ", one-way")
            + (f", on {used} of {ranks} ranks" if used < ranks else "")
        )


def bathymetry_lines(level: GridLevel) -> Iterator[str]:
    """Where the seafloor of a grid comes from, if from several files."""
    seafloor = level.media.bathymetry
    if not isinstance(seafloor, LayeredElevation):
        return
    files = seafloor.described[-len(seafloor.layers) :] if seafloor.layers else ()
    first = seafloor.base.described
    yield f"bathymetry     of {level.name}: {first[0].path.name if first else 'a shape'}"
    for file, (x, y) in zip(files, seafloor.widths, strict=True):
        how = f"blended over {x:.3g} x {y:.3g} cells" if min(x, y) > 0 else "not blended"
        yield f"  on it        {file.path.name}, {how}"


def side_lines(layers: Sequence[int]) -> Iterator[str]:
    """A line of the plan of a run about the sides that absorb, none where no side does."""
    widths = [f"{side} {cells}" for side, cells in zip(SIDES, layers, strict=True) if cells]
    if widths:
        yield f"open sides     waves are damped in the outermost cells, no maxima there: {', '.join(widths)}"


def source_line(source: AnySource) -> str:
    """A source in the plan of a run."""
    if isinstance(source, SeafloorMotionSource):
        (ny, nx), (dx, dy) = source.geometry.shape, source.cells.size
        how = "at once" if source.instantaneous else f"a record every {source.geometry.every:.4g} s"
        moved = "the bed" if source.at == "bed" else "the sea surface"
        return (
            f"source         {source.name}, {moved} under {nx} x {ny} cells of {dx:.4g} x {dy:.4g} m, {how}"
        )
    magnitude = source.magnitude if isinstance(source, Source) else None
    assumed = source.assumed_rigidity if isinstance(source, FaultSource) else None
    return f"source         {source.name}" + (f", {_magnitude(magnitude, assumed)}" if magnitude else "")


def _magnitude(magnitude: float, assumed_rigidity: float | None) -> str:
    """Moment magnitude, and the rigidity [Pa] of which it is where none was given."""
    return f"Mw {magnitude:.2f}" + (
        f" with an assumed rigidity of {assumed_rigidity:.3g} Pa" if assumed_rigidity else ""
    )


def result_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """What came of a run, from its record: work saved, time of the nests, coasts, sources."""
    skipped = record["at_rest"]["skipped"]
    yield f"at rest: {100 * skipped:.0f} % of the cell updates were skipped"
    yield from _grid_lines(record)
    for name, coast in record.get("hazard", {}).items():
        yield _coast_line(name, coast, nested=len(record["hazard"]) > 1)
    for source in record["sources"]:
        yield _source_line(source)


def _grid_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """How the time was shared among nested grids; nothing where there are none."""
    if not (grids := record.get("grids", [])):
        return
    hours, loop = record["simulated_seconds"] / 3600, record["timings"]["time loop"]
    yield f"nested grids: {loop / hours:.1f} s for each simulated hour"
    for grid in grids:
        substeps = f", {grid['substeps']} substeps per parent step" if grid["parent"] else ""
        never = "" if grid["active_from"] is not None else ", never activated"
        yield (
            f"  {grid['name']}: {100 * grid['fraction']:.0f} % of the time, {grid['cells']:,} cells{substeps}{never}"
        )


def _coast_line(name: str, coast: Mapping[str, Any], nested: bool) -> str:
    """What the water did to the coast of a grid, apart from that of nests in it."""
    parts = [f"{coast['flooded_km2']:.3g} km2 of land flooded"]
    if coast["highest_runup_m"] is not None:
        parts[0] += (
            f", to {coast['deepest_flood_m']:.2f} m deep, up to ground {coast['highest_runup_m']:.2f} m high"
        )
    parts.append(f"{coast['exposed_km2']:.3g} km2 of sea floor exposed")
    if coast["largest_drawdown_m"] is not None:
        parts.append(f"maximum drawdown {coast['largest_drawdown_m']:.2f} m")
    where = f" of {name}" if name != "grid" else " outside nests" if nested else ""
    return f"coast{where}: " + "; ".join(parts)


def _source_line(source: Mapping[str, Any]) -> str:
    """What a source did to the seafloor or the water."""
    begin = f"source {source['source']}: "
    if not source.get("moves_water", True):
        return f"{begin}moves no water"
    if "largest_uplift_m" in source:
        if source["magnitude"]:
            begin += _magnitude(source["magnitude"], source.get("assumed_rigidity_Pa")) + ", "
        return (
            f"{begin}largest uplift {source['largest_uplift_m']:.2f} m, subsidence "
            f"{source['largest_subsidence_m']:.2f} m"
        )
    if "displaced_m3" in source:
        return (
            f"{begin}{source['volume_m3']:.4g} m3, moved by {source['run_out_m']:.4g} m at up to "
            f"{source['largest_speed_m_s']:.3g} m/s, displaces {source['displaced_m3']:.4g} m3 of water"
        )
    return f"{begin}surface from {source['lowest_m']:.4g} to {source['highest_m']:.4g} m"
