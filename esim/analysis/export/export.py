"""The results of a run in a format of geographic information systems, or of Google Earth."""

from collections.abc import Sequence
from pathlib import Path

from esim.analysis.export import kml, rasters, vectors
from esim.analysis.reading.run import Run
from esim.config.scenarios import SCENARIOS, load_part
from esim.config.yaml.suggest import hint
from esim.errors import InputError

FORMATS = (*rasters.FORMATS, *vectors.FORMATS, *kml.FORMATS)


def export(
    directory: Path,
    output: Path | None = None,
    variables: Sequence[str] = (),
    crs: str | None = None,
    format: str = "geotiff",
    step: float | None = None,
) -> list[Path]:
    """Writes results into `output`, by default a folder of the run called like the format; returns the paths.

    geotiff, cog (cloud-optimised): variables (all, if none is named) of maxima.nc and of those of nests, a file each.
    geojson, gpkg, kml: layers (all, if none is named in `variables`): stations, faults, and of a tsunami isochrones,
    every `step` [s], flood and runup; of nests with their names behind. GeoJSON has a file for each, the others have
    one for all. GeoJSON and KML are in longitude and latitude of WGS84, the others in the system of the grid. A
    Cartesian grid has the reference system crs, or that of grid.crs or grid.origin, or none. What belongs to the crust
    and to the ocean of a coupled run is in folders of these names.

    Raises InputError if the directory is no run, has nothing to export, or no isochrones where a step is given, if a
    variable or layer that it does not have is named, if the reference system is not known, or if a package is missing.
    """
    folder = directory / format if output is None else output
    if format in rasters.FORMATS and step is not None:
        raise InputError(
            f"a step is that of isochrones, and {format} has none; expected geojson, gpkg or kml"
        )
    with Run.open(directory) as run:
        write = _layers if format not in rasters.FORMATS else _pictures
        if not run.parts:
            return write(run, folder, variables, crs, format, step)
        wanted = _wanted_of_parts(run, variables, format)
        return [
            path
            for name, chosen in wanted.items()
            for path in write(
                run.parts[name], folder / name, chosen, crs, format, step if name == "ocean" else None
            )
        ]


def _pictures(
    run: Run, folder: Path, variables: Sequence[str], crs: str | None, format: str, step: float | None
) -> list[Path]:
    return rasters.write(run, folder, variables, crs, format)


def _layers(
    run: Run, folder: Path, variables: Sequence[str], crs: str | None, format: str, step: float | None
) -> list[Path]:
    found = load_part(SCENARIOS[run.scenario].layers)(run, step)
    known = [layer.name for layer in found]
    for name in variables:
        if name not in known:
            raise InputError(f"{run.directory}: there is no layer '{name}', {hint(name, known)}")
    if step is not None and not any(layer.kind == "isochrones" for layer in found):
        raise InputError(f"{run.directory}: has no isochrones for which a step could be chosen")
    chosen = [layer for layer in found if not variables or layer.name in variables]
    if not chosen:
        raise InputError(
            f"{run.directory}: nothing to export as {format}, no stations, faults, arrivals or floods"
        )
    write = kml.write if format in kml.FORMATS else vectors.write
    return write(run, chosen, folder, crs, format)


def _wanted_of_parts(run: Run, variables: Sequence[str], format: str) -> dict[str, list[str]]:
    """What is asked of each part of a coupled run, of those that have some of it; all where nothing is named.

    Raises InputError for a name that no part has.
    """
    known = {name: _names(part, format) for name, part in run.parts.items()}
    everything = [name for names in known.values() for name in names]
    for name in variables:
        if name not in everything:
            raise InputError(f"{run.directory}: there is no '{name}' to export, {hint(name, everything)}")
    wanted = {name: [one for one in variables if one in names] for name, names in known.items() if names}
    return {name: chosen for name, chosen in wanted.items() if chosen or not variables}


def _names(run: Run, format: str) -> list[str]:
    """What a run has to export: variables of its maxima, or layers."""
    if format not in rasters.FORMATS:
        return [layer.name for layer in load_part(SCENARIOS[run.scenario].layers)(run, None)]
    grids = run.grids.values()
    return list(dict.fromkeys(str(n) for data in grids for n, one in data.data_vars.items() if one.ndim == 2))
