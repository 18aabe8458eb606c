# %% [markdown]
# # 100 GB with Dask
#
# A run of the Pacific on cells of 0.005° has 4 GB in every snapshot. Nobody reads that at once: `esim.open_run` opens
# the files lazily, and what is asked for decides what is read. This notebook makes such a run up. Its 25 snapshots are
# 100 GB of numbers, of which only a corner off Sanriku was ever written, so that the file is small.

# %%
import json
from pathlib import Path

import matplotlib.pyplot as plt
import netCDF4
import numpy as np

import esim

# %% [markdown]
# ## A file with holes
#
# NetCDF-4 stores a variable in blocks, here as esim writes them: one time by 256 × 256 cells. Blocks that nobody wrote
# take hardly any space. The wave is a ring that spreads at 200 m/s.

# %%
folder = Path("out/pacific")
folder.mkdir(parents=True, exist_ok=True)
lat, lon = -62.5 + 0.005 * (0.5 + np.arange(25_000)), 110 + 0.005 * (0.5 + np.arange(40_000))
seconds = 60.0 * np.arange(25)
rows, columns = slice(78 * 256, 81 * 256), slice(25 * 256, 28 * 256)
distance = 111.2 * np.hypot(lat[rows, None] - 39.2, (lon[columns] - 143.9) * np.cos(np.deg2rad(39.2)))  # km
configuration = {"scenario": "tsunami", "title": "a made-up Pacific", "grid": {"kind": "lonlat"}}
configuration |= {"physics": {"sea_level": 0.0}}
with netCDF4.Dataset(folder / "fields.nc", "w") as file:
    for name, values in {"time": seconds, "lat": lat, "lon": lon}.items():
        file.createDimension(name, len(values))
        file.createVariable(name, "f8", (name,))[:] = values
    file["time"].units = "s"
    file.configuration = json.dumps(configuration)
    blocks = {"chunksizes": (1, 256, 256), "compression": "zlib", "complevel": 1, "significant_digits": 3}
    eta = file.createVariable("eta", "f4", ("time", "lat", "lon"), **blocks)
    eta.units = "m"
    for n, time in enumerate(seconds):
        crest = np.exp(-(((distance - 0.2 * time) / 20) ** 2))  # 20 km wide
        eta[n, rows, columns] = crest / np.sqrt(1 + distance / 15)
(folder / "run.json").write_text(json.dumps({"configuration": configuration}))
print(f"{(folder / 'fields.nc').stat().st_size / 1e6:.0f} MB on disk")

# %% [markdown]
# ## Open
#
# With `chunks={}` variables are Dask arrays in the blocks of the file.

# %%
run = esim.open_run(folder, chunks={})
field = run.fields.eta
print(f"{field.nbytes / 1e9:.0f} GB, {field.data.npartitions:,} blocks of {field.data.chunksize}")

# %% [markdown]
# ## What would be read?
#
# Series at points, `.esim.at`, need no more than the blocks around the points. Before anything is read, Dask says which
# tasks a result needs; those that read are counted here.


# %%
def blocks_read(values):
    """How many blocks of the file an array takes."""
    needed = values.data.dask.cull(values.data.__dask_keys__())
    return sum(isinstance(key, tuple) and key[0].startswith("open_dataset") for key in needed)


series = run.esim.at(lon=[143.9, 144.5, 145.4], lat=[39.2, 39.2, 40.3]).eta
corner = field.sel(lat=slice(37.4, 41.1), lon=slice(142.1, 145.8))
wanted = {"three series": series, "a map of the corner": corner[12], "its maximum": corner.max("time")}
for name, values in wanted.items():
    print(f"{name}: {blocks_read(values)} of {field.data.npartitions:,} blocks")

# %% [markdown]
# ## Read
#
# Values are computed when they are asked for, block by block, on all cores: of the 100 GB, the map of the maximum
# reads 59 MB.

# %%
highest = corner.max("time").compute()
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained", width_ratios=(1.2, 1))
highest[::4, ::4].plot(
    ax=left, cmap="YlGnBu", vmin=0, vmax=0.6, cbar_kwargs={"label": "maximum elevation (m)"}
)
for point, mark in zip(range(series.sizes["point"]), "o^s", strict=True):
    one = series.isel(point=point)
    left.plot(one.lon, one.lat, mark, mfc="w", mec="k")
    right.plot(one.hours * 60, one, f"k-{mark}", mfc="w", ms=4, lw=0.8)
left.set(xlabel="longitude (°E)", ylabel="latitude (°N)", aspect=1 / np.cos(np.deg2rad(39.2)))
right.set(xlabel="time since origin (min)", ylabel="elevation (m)")
plt.show()
run.close()
