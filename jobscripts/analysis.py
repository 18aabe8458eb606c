"""Statistics of every snapshot of a run, on the nodes of a batch job: an example to copy and to change.

`esim job CONFIG --template analysis` starts it on all ranks; `dask_mpi.initialize` makes them scheduler (rank 0),
workers and, on rank 1, the client, which alone goes on. Needs: pip install 'esim-hpc[cluster]'.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import dask_mpi
from distributed import Client

from esim import open_run
from esim.io.atomic import whole_file

if TYPE_CHECKING:
    import xarray as xr

MEASURES = ("mean", "std", "min", "max")


def statistics(snapshots: "xr.Dataset") -> "xr.Dataset":
    """Mean, standard deviation, minimum and maximum in time of all variables, on the cells of the grid."""
    moving = snapshots[[name for name, values in snapshots.data_vars.items() if "time" in values.dims]]
    found = moving.drop_vars(moving.data_vars).drop_dims("time")
    for measure in MEASURES:
        values = getattr(moving, measure)("time", keep_attrs=True)
        found = found.merge(values.rename({name: f"{name}_{measure}" for name in values}))
    return found


def main(directory: str) -> None:
    """Write statistics.nc into the directory of the run."""
    dask_mpi.initialize(
        nthreads=int(os.environ["ESIM_DASK_THREADS"]), memory_limit=os.environ["ESIM_DASK_MEMORY"]
    )
    with Client() as client, open_run(directory, chunks="auto") as run:
        workers = client.scheduler_info()["workers"]
        print(f"{len(workers)} workers", flush=True)
        found = statistics(run["fields"].to_dataset()).compute()
    path = Path(directory) / "statistics.nc"
    with whole_file(path) as partial:
        found.to_netcdf(partial)
    print(path)


if __name__ == "__main__":
    main(sys.argv[1])
