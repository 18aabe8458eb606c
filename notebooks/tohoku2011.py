# %% [markdown]
# # Tohoku 2011, from the YAML file to run-up
#
# The 2011 tsunami with the source of Satake et al. (2013), on the bathymetry that comes with esim: computed, unless
# `out/tohoku2011` is there already, in less than a minute, and then looked at with xarray. The environment variable
# `ESIM_RUN` names another run to look at. [The tutorial](../docs/tutorials/tohoku.md) explains the YAML file.

# %%
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LogNorm

import esim
from esim.analysis.comparison.observations import observed
from esim.analysis.ocean.crest import first_crest
from esim.config import load
from esim.drivers.run import simulate

directory = Path(os.environ.get("ESIM_RUN", "out/tohoku2011"))
if not directory.exists():
    scenario = Path(esim.__file__).parent / "configs/tohoku2011.yaml"
    simulate(load(scenario, ["output.runup={coast: auto}"]))
run = esim.open_run(directory)
plt.rcParams["figure.dpi"] = 72  # small pictures
list(run.children)

# %% [markdown]
# ## Maximum water-surface elevation and arrival time
#
# Lines of equal arrival time every 30 minutes; the coast is where the bathymetry of the model is zero.

# %%
fig, ax = plt.subplots(figsize=(6.2, 5), layout="constrained")
height = run.maxima.eta_max
height.plot(ax=ax, cmap="YlGnBu", norm=LogNorm(0.05, 5), cbar_kwargs={"label": "maximum elevation (m)"})
minutes = run.maxima.arrival_time / 60
minutes.plot.contour(ax=ax, levels=np.arange(30, 241, 30), colors="k", linewidths=0.5)
run.maxima.bathymetry.plot.contour(ax=ax, levels=[0], colors="k", linewidths=0.8)
ax.plot(run.stations.lon, run.stations.lat, "^w", mec="k")
for station in run.stations.station:
    ax.annotate(station.item(), (station.lon, station.lat), xytext=(6, 4), textcoords="offset points")
ax.set(title=run.attrs["title"], xlabel="longitude (°E)", ylabel="latitude (°N)")
ax.set(aspect=1 / np.cos(np.deg2rad(float(height.lat.mean()))))
plt.show()

# %% [markdown]
# ## Gauges and buoys
#
# Computed and observed records at each station, where esim has observations. The first crest is that of
# `esim validate`: the highest sample of the first wave.

# %%
count = run.stations.sizes["station"]
fig, axes = plt.subplots(count, 1, figsize=(8, 2 * count), sharex=True, squeeze=False, layout="constrained")
for ax, name in zip(axes.flat, run.stations.station.values, strict=True):
    eta = run.stations.eta.sel(station=name)
    record = observed(name, run.esim.start)
    if record is not None:
        after = record.time > record.shaking
        ax.plot(record.time[after] / 3600, record.eta[after], ".k", ms=3, label="observed")
        print(name, "observed", first_crest(record.time, record.eta, record.shaking))
    ax.plot(eta.hours, eta, label="computed")
    print(name, "computed", first_crest(eta.seconds.values, eta.values))
    ax.set(title=name, ylabel="elevation (m)", xlim=(0, float(eta.hours.max())))
axes[0, 0].legend()
axes[-1, 0].set_xlabel("time since origin (h)")
plt.show()

# %% [markdown]
# ## The wave along a parallel
#
# Time upwards, longitude to the right: each line is a snapshot of the water surface, at its time. The slope of a
# crest is its speed, √(gh), and it steepens in shallow water.

# %%
latitude = float(run.stations.lat[0])
line = run.fields.eta.sel(lat=latitude, method="nearest")
step = float(line.hours[1] - line.hours[0])
scale = 3 * step / float(abs(line).quantile(0.99))  # hours per metre: large crests reach over three snapshots
fig, ax = plt.subplots(figsize=(5.5, 5), layout="constrained")
for snapshot in line:
    time = float(snapshot.hours)
    wave = time + scale * snapshot.fillna(0)
    ax.fill_between(line.lon, time, wave, where=wave > time, color="C3", alpha=0.6, lw=0)
    ax.plot(line.lon, time + scale * snapshot, color="k", lw=0.5)
ax.set(
    title=f"water surface at {latitude:.1f}°N; crests are red",
    xlabel="longitude (°E)",
    ylabel="time since origin (h)",
    ylim=(0, float(line.hours.max()) + 3 * step),
)
plt.show()

# %% [markdown]
# ## When does the wave arrive?
#
# Values at any position: bilinear between cell centres, or of the cell with `method="nearest"`.

# %%
found = run.maxima.esim.at(lon=run.stations.lon, lat=run.stations.lat, method="nearest")
table = found[["arrival_time", "eta_max", "bathymetry"]].to_dataframe()
table.assign(arrival_minutes=table.arrival_time / 60)[["arrival_minutes", "eta_max", "bathymetry"]].round(2)

# %% [markdown]
# ## Along the coast
#
# `shore_level` is the maximum elevation in the sea cells next to land; `runup` is the highest ground that was flooded
# nearby, which neighbours share: they stand in a column. In cells of 7 km both are only a first look. Surveys found
# run-up of up to 40 m (Mori et al. 2011, doi:10.1029/2011GL049210), in valleys that these cells do not have; nested
# grids come nearer to them.

# %%
if "runup" in run.children:
    coast = run["runup"].to_dataset().load()
    honshu = coast.sel(point=(coast.lon > 140) & (coast.lat > 35) & (coast.lat < 41.2))
    fig, ax = plt.subplots(figsize=(4.5, 5.5), layout="constrained")
    ax.plot(honshu.shore_level, honshu.lat, "o", color="C0", ms=3, label="at the shore")
    ax.plot(honshu.runup, honshu.lat, "|", color="C3", ms=9, label="run-up")
    ax.set(xlabel="height (m)", ylabel="latitude (°N)", xlim=(0, None))
    ax.legend(frameon=False)
    plt.show()
else:
    print("this run has no run-up: output.runup asks for it")
