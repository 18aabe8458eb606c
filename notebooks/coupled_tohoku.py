# %% [markdown]
# # Tohoku 2011, from the rupture to the buoys
#
# One run computes the seismic waves in the crust, the motion of the seafloor that they leave behind, and the tsunami.
# The notebook computes a coarse one, unless `out/tohoku2011_coupled` is there already: cells of 8 km in the crust and
# 5 arc-minutes in the ocean, in about a minute. The environment variable `ESIM_RUN` names another run to look at.
# [The tutorial](../docs/tutorials/coupled.md) explains the YAML file.

# %%
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import esim
from esim.analysis.comparison.observations import observed
from esim.analysis.ocean.crest import first_crest
from esim.config import load
from esim.drivers.run import simulate

COARSE = ["crust.grid.spacing=[8 km, 8 km, 4 km]", "ocean.grid.spacing=5 arcmin", "time.duration=2 h"]

directory = Path(os.environ.get("ESIM_RUN", "out/tohoku2011_coupled"))
if not directory.exists():
    simulate(load(Path(esim.__file__).parent / "configs/tohoku2011_coupled.yaml", COARSE))
run = esim.open_run(directory)


def nearest(values, wanted):
    """The number of the value that is nearest to a wanted one."""
    return int(np.argmin(np.abs(values.values - wanted)))


plt.rcParams["figure.dpi"] = 72  # small pictures
list(run.children), list(run.crust.children), list(run.ocean.children)

# %% [markdown]
# ## The bed
#
# `run.crust` and `run.ocean` are the two parts. The crust has recorded how its surface moves, land and seafloor alike;
# z points down. The last record is the permanent displacement.

# %%
bed = -run.crust.surface_displacement.uz.isel(x=slice(10, -10), y=slice(10, -10))  # without absorbing layers
times = [60, 120, 180, float(bed.seconds[-1])]
fig, axes = plt.subplots(1, 4, figsize=(9, 4), sharey=True, layout="constrained")
for ax, time in zip(axes, times, strict=True):
    shot = bed.isel(time=nearest(bed.seconds, time))
    image = ax.pcolormesh(bed.x / 1e3, bed.y / 1e3, shot, cmap="RdBu_r", vmin=-8, vmax=8)
    ax.set(title=f"{float(shot.seconds):.0f} s", xlabel="x (km)", aspect="equal")
axes[0].set_ylabel("y (km)")
fig.colorbar(image, ax=axes, label="uplift of the bed (m)", shrink=0.8)
plt.show()

# %% [markdown]
# ## Shaking before the wave
#
# Vertical velocity at towns along the coast, and the water surface at three buoys, on one axis of time: it counts by
# its root, so that minutes and hours are both seen. The ground has come to rest when the first wave crosses a buoy.

# %%
towns, buoys = run.crust.stations, run.ocean.stations
count = towns.sizes["station"] + buoys.sizes["station"]
fig, axes = plt.subplots(count, 1, figsize=(8, 0.8 * count), sharex=True, layout="constrained")
for ax, name in zip(axes, towns.station.values, strict=False):
    ax.plot(towns.seconds, -100 * towns.vz.sel(station=name), "C1", lw=0.8)
    ax.set_ylabel("cm/s")
    ax.text(0.99, 0.8, name, transform=ax.transAxes, ha="right")
for ax, name in zip(axes[towns.sizes["station"] :], buoys.station.values, strict=True):
    record = observed(name, run.ocean.esim.start)
    if record is not None:
        seen = (record.time > record.shaking) & (record.time < float(buoys.seconds[-1]))
        ax.plot(record.time[seen], record.eta[seen], ".k", ms=2)
    ax.plot(buoys.seconds, buoys.eta.sel(station=name), "C0")
    ax.set_ylabel("m")
    ax.text(0.01, 0.75, name, transform=ax.transAxes)
axes[-1].set_xscale("function", functions=(lambda t: np.sqrt(np.maximum(t, 0)), np.square))
axes[-1].set(xlim=(0, float(buoys.seconds[-1])), xlabel="time since origin")
axes[-1].set_xticks(
    [60 * m for m in (0, 1, 3, 7, 15, 30, 60, 120)], ["0", "1", "3", "7", "15", "30", "60", "120 min"]
)
plt.show()

# %% [markdown]
# ## The first crests
#
# Computed and observed, as `esim validate` takes them: the highest sample of the first wave. Near the trench, where
# the fault comes to the seafloor, cells of 8 km make the bed smoother than it is.

# %%
for name in buoys.station.values:
    record, eta = observed(name, run.ocean.esim.start), buoys.eta.sel(station=name)
    computed = first_crest(eta.seconds.values, eta.values)
    seen = None if record is None else first_crest(record.time, record.eta, record.shaking)
    for words, crest in (("computed", computed), ("observed", seen)):
        if crest is not None:
            print(f"{name} {words}: {crest.height:.2f} m after {crest.time / 60:.0f} min")

# %% [markdown]
# ## From the bed to the wave
#
# Along the parallel of the epicentre: what the bed has risen by, and the water surface 5, 15 and 30 minutes later.

# %%
eta = run.ocean.fields.eta
row = eta.isel(lat=nearest(eta.lat, 38.1))
uplift = run.ocean.maxima.uplift.isel(lat=nearest(eta.lat, 38.1))
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.fill_between(uplift.lon, uplift, color="0.8", label="bed, at the end")
for minutes in (5, 15, 30):
    shot = row.isel(time=nearest(row.seconds, 60 * minutes))
    ax.plot(row.lon, shot, label=f"water after {minutes} min")
ax.axhline(0, color="k", lw=0.5)
ax.set(xlim=(140, 152), xlabel="longitude (°E)", ylabel="m", title=f"{float(row.lat):.1f}°N")
ax.legend(frameon=False)
plt.show()
