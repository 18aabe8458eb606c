# %% [markdown]
# # A tsunami of your own: Maule 2010
#
# From a magnitude and a place to a map of maxima: the 2010 Maule earthquake (Mw 8.8) as one rectangular fault. So that
# nothing has to be downloaded, the notebook draws a sea of its own, an abyssal plain, a trench, a shelf and the Andes
# along a bent coast. Any grid of elevations [m], positive up, on `lon` and `lat` is a bathymetry: with a cut of
# [GEBCO](https://www.gebco.net) in its place, all that follows stays as it is. Seconds on one core.

# %%
import logging
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

import esim
from esim.cli.main import main
from esim.config import load
from esim.drivers.run import simulate

logging.basicConfig(format="warning: %(message)s")
lon, lat = np.arange(-91, -66, 1 / 12), np.arange(-49, -23, 1 / 12)
coast = -73.2 + 0.18 * (lat + 36) + 0.4 * np.sin(2 * np.pi * lat / 6)
inland = 111.2 * np.cos(np.deg2rad(lat))[:, None] * (lon - coast[:, None])  # km
profile = {-400: -4200, -180: -4000, -130: -5500, -110: -5200, -40: -200, 0: 0, 30: 300, 200: 3000}
elevation = np.interp(inland, list(profile), list(profile.values()))
sea = xr.Dataset(
    {"elevation": (("lat", "lon"), elevation, {"units": "m", "positive": "up"})}, {"lat": lat, "lon": lon}
)
Path("out").mkdir(exist_ok=True)
sea.to_netcdf("out/made_up_chile.nc")

# %% [markdown]
# ## The scenario
#
# `esim new` turns magnitude and place into a fault by a scaling relation, and writes a YAML file with the reason of
# each choice beside it. In a shell, this is `esim new tsunami --magnitude 8.8 …`. Without `--box`, `--spacing` and
# `--duration` it chooses these as well.

# %%
command = """new tsunami --magnitude 8.8 --lon -72.9 --lat -36.1 --depth 30 --strike 18 --dip 18 --rake 100
    --bathymetry out/made_up_chile.nc --box -90 -68 -47 -25 --spacing 10arcmin --duration 3h --output out/maule.yaml"""
Path("out/maule.yaml").unlink(missing_ok=True)  # esim new overwrites nothing
assert main(command.split()) == 0
print(Path("out/maule.yaml").read_text())

# %% [markdown]
# ## Compute
#
# `load` takes changes as `esim-run --set` does. Two gauges are wanted at the coast, which `snap: water` moves to the
# nearest wet cell, and one offshore.

# %%
gauges = """[
    {name: coast at 33 S, lon: -72.8, lat: -33.0, snap: water},
    {name: coast at 37 S, lon: -73.8, lat: -37.0, snap: water},
    {name: offshore, lon: -76.0, lat: -35.0},
]"""
changes = [f"stations={gauges}", "output.fields.every=2 min", "output.overwrite=true"]
run = esim.open_run(simulate(load("out/maule.yaml", changes)))
list(run.children)

# %% [markdown]
# ## The sea floor, and what it did to the sea
#
# Left, the uplift: shelf and coast rise, a strip inland sinks. Right, the maximum water-surface elevation, with
# isochrones of arrival every 20 minutes. Across the strike of the fault a beam goes out into the ocean.


# %%
def draw(ax, values, label, **style):
    """One map, with the coast."""
    values.plot(ax=ax, cbar_kwargs={"label": label, "shrink": 0.8}, **style)
    maxima.bathymetry.plot.contour(ax=ax, levels=[0], colors="k", linewidths=0.8)
    ax.set(xlabel="longitude (°E)", ylabel="latitude (°N)", aspect=1 / np.cos(np.deg2rad(36)))


maxima = run["maxima"].to_dataset()
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
draw(left, maxima.uplift, "uplift (m)", cmap="RdBu_r", center=0)
left.set(title="sea floor", xlim=(-81, -69), ylim=(-42, -30))
draw(
    right,
    maxima.eta_max.where(maxima.bathymetry < 0),
    "maximum elevation (m)",
    cmap="YlGnBu",
    vmin=0,
    vmax=1.5,
)
for isochrone in run.esim.isochrones(1200):
    for line in isochrone.lines:
        right.plot(*np.transpose(line), color="0.3", lw=0.5)
right.set(title="sea surface", xlim=(-88, -70), ylim=(-45, -27), ylabel="")
plt.show()

# %% [markdown]
# ## Gauges
#
# Offshore the wave passes as one crest. At the coast opposite the fault the sea rises at once; it runs off, and then
# swings between shore and shelf edge.

# %%
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for name in run.stations.station.values:
    gauge = run.esim.at(name=name)
    ax.plot(gauge.hours, gauge.eta, lw=1, label=name)
ax.set(xlabel="time since origin (h)", ylabel="elevation (m)", xlim=(0, 3))
ax.axhline(0, color="0.7", lw=0.5)
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# ## Across the trench
#
# Snapshots along a line, distance to the right and time upwards: the slope of a crest is its speed, √(gh), fast over
# the plain and slow on the shelf. The line follows the geodesic.

# %%
line = run.esim.along(start=(-88, -36), end=(-73.5, -36), n=150)
fig, (above, below) = plt.subplots(
    2, 1, figsize=(7, 5), sharex=True, height_ratios=(3, 1), layout="constrained"
)
mesh = above.pcolormesh(line.distance / 1e3, line.hours, line.eta, cmap="RdBu_r", vmin=-0.6, vmax=0.6)
fig.colorbar(mesh, ax=above, label="elevation (m)")
below.fill_between(line.distance / 1e3, line.bathymetry / 1e3, -6, color="0.75")
above.set(ylabel="time since origin (h)")
below.set(xlabel="distance (km)", ylabel="sea floor (km)", ylim=(-6, 0.5))
plt.show()
