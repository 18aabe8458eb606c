"""What moves in a coupled run? The bed as long as it is recorded, then the water surface: one map and one time."""

from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.animation.moving import Moving, sample
from esim.analysis.coupled.bed import on_cells
from esim.analysis.coupled.figures.bed_motion import uplift_of
from esim.analysis.coupled.parts import looks, parts_of
from esim.analysis.crust.figures.wavefield import root_norm, root_ticks
from esim.analysis.figures import chart
from esim.analysis.figures.look import Look
from esim.analysis.reading.run import Run
from esim.analysis.sampling.sampling import lazily
from esim.config.scenarios import SCENARIOS, load_part
from esim.config.yaml.suggest import hint
from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

NAME = "bed_and_waves"
PIXELS = 900  # cells along a side of the map
BED, WATER = "uplift of the bed", "water surface"
WORDS = f"{BED}, then {WATER} (m)"
QUANTILE = 0.9995  # of all values that the colours span
CLEAR = 0.01  # of the largest value of the colours: land that has moved less is seen as land


def moving(run: Run, what: str | None, plane: str | None, look: Look) -> Moving:
    """The bed and then the water surface; or `what` of either part alone: a velocity, or a variable of the ocean.

    Raises InputError if the run has no snapshots of it.
    """
    parts = parts_of(run)
    chosen = looks(parts, look)
    if plane is not None or what is not None:
        name = "crust" if plane is not None else _part(run, str(what))
        part: Moving = load_part(SCENARIOS[run.parts[name].scenario].movie)(
            run.parts[name], what, plane, chosen[name]
        )
        return part
    scene: Moving = load_part(SCENARIOS[parts.ocean.scenario].movie)(parts.ocean, "eta", None, look)
    uplift = uplift_of(parts.crust)
    if uplift is None or uplift.sizes["time"] < 2:
        return scene
    scene = _thinned(scene)
    begin = float(uplift["seconds"][-1])
    captions = [BED] * uplift.sizes["time"] + [WATER] * int((scene.field["seconds"] > begin).sum())
    field = _joined(parts.crust, uplift, scene)
    reach = chart.span(sample(field), QUANTILE)
    norm = root_norm(reach)
    whole = scene._replace(field=field, norm=norm, ticks=root_ticks(reach), words=WORDS, captions=captions)
    nests = {
        name: nest._replace(field=_joined(parts.crust, uplift, nest), norm=norm, words=WORDS)
        for name, nest in scene.nests.items()
    }
    return whole._replace(nests=nests)


def _part(run: Run, what: str) -> str:
    """The part of the run that has snapshots of a variable."""
    known = {
        str(name): part
        for part in ("crust", "ocean")
        if (data := run.parts[part].fields) is not None
        for name, values in data.data_vars.items()
        if values.ndim == 3
    }
    if what not in known:
        raise InputError(f"--what {what}: the run has no snapshots of it, {hint(what, list(known))}")
    return known[what]


def _thinned(scene: Moving) -> Moving:
    """The scene with no more cells than can be seen."""
    bed = None if scene.bathymetry is None else chart.thin(scene.bathymetry, PIXELS)
    nests = {name: _thinned(nest) for name, nest in scene.nests.items()}
    return scene._replace(field=chart.thin(scene.field, PIXELS), bathymetry=bed, nests=nests)


def _joined(crust: Run, uplift: "xr.DataArray", scene: Moving) -> "xr.DataArray":
    """The uplift of the bed on the cells of a scene, and after its last record the snapshots of the scene; lazy."""
    import xarray as xr

    bed = on_cells(crust, uplift, scene.field)
    if scene.bathymetry is not None:
        moved = abs(bed).fillna(0.0).max("time") > CLEAR * float(np.abs(uplift[-1]).max())
        sea = scene.bathymetry.values <= 0
        bed = bed.where(moved | sea).where(bed.notnull() | ~sea, 0.0)
    last = float(uplift["seconds"][-1])
    later = scene.field.isel(time=np.flatnonzero(scene.field["seconds"].values > last))
    return xr.concat([_plain(part, scene) for part in (bed, later)], "time")


def _plain(field: "xr.DataArray", scene: Moving) -> "xr.DataArray":
    """Snapshots with nothing beside them but their seconds and the cells of the scene."""
    import xarray as xr

    places = {name: scene.field[name].values for name in scene.field.dims[-2:]}
    data = lazily(field.to_dataset(name=NAME))[NAME].data
    seconds = {"seconds": ("time", field["seconds"].values)}
    return xr.DataArray(data, places | seconds, ("time", *places), NAME)
