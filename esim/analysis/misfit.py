"""How far is a run from what was observed? One dataset of the misfits, whichever the scenario."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.comparison.observations import Record, record_of
from esim.analysis.crust import misfit as seismograms
from esim.analysis.ocean import misfit as gauges
from esim.analysis.reading.run import Run
from esim.config.yaml.suggest import hint
from esim.errors import InputError
from esim.io.ocean.record import read_record

if TYPE_CHECKING:
    import xarray as xr


def misfit_of(run: Run, observations: Any = None) -> "xr.Dataset":
    """The misfits of gauges by `station`, or of seismograms by `channel`; what is not known is not a number.

    observations are as in `tree.esim.misfit`. Raises InputError where nothing was observed.
    """
    if run.scenario == "coupled":
        raise InputError(
            "a coupled run has two parts; expected tree.crust.esim.misfit or tree.ocean.esim.misfit"
        )
    if run.scenario == "seismic":
        if observations is None:
            raise InputError(
                "the misfit of a seismic run needs observations; expected an ObsPy Stream or a file"
            )
        return _dataset(list(seismograms.misfits(run, observations)), {})
    records = None if observations is None else _records(run, observations)
    found = list(gauges.misfits(run, records))
    if not found:
        raise InputError(f"{run.directory}: no station has an observed record; expected some in observations")
    return _dataset(found, gauges.UNITS)


def _records(run: Run, observations: Mapping[str, Any]) -> dict[str, Record]:
    """Records by the names of the stations; each is a file, or times [s since origin] and eta [m]."""
    known = [] if run.stations is None else [str(name) for name in run.stations["station"].values]
    found = {}
    for name, given in observations.items():
        if name not in known:
            raise InputError(f"the run has no station '{name}', {hint(name, known)}")
        shaking = -np.inf if (own := record_of(run, name)) is None else own.shaking
        if isinstance(given, str | Path):
            time, eta = read_record(Path(given), run.start)
        else:
            time, eta = _series(name, given)
        found[name] = Record(time, eta, shaking)
    return found


def _series(name: str, given: Any) -> tuple[np.ndarray, np.ndarray]:
    """Rising times and elevations of a record in memory."""
    time, eta = (np.asarray(values, dtype=float) for values in given)
    if time.ndim != 1 or time.shape != eta.shape or time.size < 2 or not (np.diff(time) > 0).all():
        raise InputError(
            f"the observations of '{name}' are no record; expected rising times [s] and as many eta [m]"
        )
    return time, eta


def _dataset(found: "list[Any]", units: Mapping[str, str]) -> "xr.Dataset":
    """Misfits as a dataset over what their first field names."""
    import xarray as xr

    key, *names = found[0]._fields
    values = {
        name: (key, [np.nan if (value := getattr(one, name)) is None else value for one in found])
        for name in names
    }
    data = xr.Dataset(values, coords={key: [getattr(one, key) for one in found]})
    for name in names:
        data[name].attrs["units"] = units.get(name, "s" if name in ("begin", "end", "lag") else "1")
    return data
