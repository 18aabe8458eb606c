# %% [markdown]
# # What must the coast expect? An ensemble and its hazard
#
# Earthquakes off Tohoku that differ in place, size and slip: their tsunamis are computed, and the statistics over
# them say how likely the water exceeds a level, where, and when it comes. The scenario is that of
# `configs/ensemble_tohoku2011.yaml`, on coarser cells and with 24 members in place of 64, which takes less than a
# minute on one core. [The manual](../docs/howto/ensembles.md) explains the keys.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from ruamel.yaml import YAML

import esim
from esim.config import from_dict
from esim.drivers.run import simulate

folder, directory = Path(esim.__file__).parent / "configs", Path("out/ensemble")
scenario = YAML(typ="safe").load(folder / "ensemble_tohoku2011.yaml")
scenario["base"] = str(folder / "tohoku2011.yaml")
scenario["set"]["grid.spacing"] = "10 arcmin"
scenario["members"] |= {"count": 24, "method": "latin_hypercube"}
scenario["output"] = {"directory": str(directory)}
if not directory.exists():
    simulate(from_dict(scenario))
hazard = xr.open_dataset(directory / "hazard.nc")
members = pd.read_csv(directory / "members.csv", index_col="name")
members.drop(columns="weight").rename(columns=lambda key: key.rsplit(".", 1)[-1]).describe().loc[
    ["min", "mean", "max"]
]

# %% [markdown]
# ## Hazard curves
#
# How often is a level exceeded at a station? The ensemble happens once in 600 years (`hazard.annual_rate`). The band
# is the sampling uncertainty of 24 independent members: at the right end, where one or two are counted, it is wide.

# %%
fig, axes = plt.subplots(2, 2, figsize=(8, 5.5), sharex=True, sharey=True, layout="constrained")
for ax, name in zip(axes.flat, ("Hachinohe", "Miyako", "Sendai", "Choshi"), strict=True):
    station = hazard.sel(station=name)
    there = station.hazard_curve_rate > 0
    low, high = (station[f"hazard_curve_rate_{end}"].where(there) for end in ("low", "high"))
    ax.fill_between(hazard.level, low, high, alpha=0.25, lw=0, step="pre")
    ax.step(hazard.level, station.hazard_curve_rate.where(there), where="pre")
    ax.set(title=name, xscale="log", yscale="log", xlim=(0.2, 8), ylim=(3e-5, 3e-3))
    ax.set_xticks(ticks := [0.2, 0.5, 1, 2, 5], map(str, ticks))
    ax.minorticks_off()
    ax.grid(alpha=0.3)
fig.supxlabel("maximum water-surface elevation (m)")
fig.supylabel("annual rate of exceedance (1/year)")
plt.show()

# %% [markdown]
# ## Maps
#
# The share of the members in which the water rises above a metre, and the elevation that half of them exceed.

# %%
fig, axes = plt.subplots(1, 2, figsize=(9.5, 4), sharey=True, layout="constrained")
likely = hazard.exceedance_probability.sel(threshold=1)
median = hazard.eta_max_quantile.sel(quantile=0.5)
likely.where(likely > 0).plot(ax=axes[0], cmap="YlOrRd", vmin=0, vmax=1, cbar_kwargs={"label": "probability"})
median.plot(ax=axes[1], cmap="YlGnBu", vmin=0, vmax=2, extend="max", cbar_kwargs={"label": "elevation (m)"})
for ax, title in zip(axes, ("more than 1 m", "median of the members"), strict=True):
    hazard.bathymetry.plot.contour(ax=ax, levels=[0], colors="k", linewidths=0.7)
    ax.plot(hazard.station_lon, hazard.station_lat, "^w", mec="k")
    ax.set(title=title, xlabel="longitude (°E)", ylabel="", aspect=1.25)
axes[0].set_ylabel("latitude (°N)")
plt.show()

# %% [markdown]
# ## A table
#
# Quantiles over the members at each station: of the maximum elevation, and of the time at which the wave arrives. A
# wave has arrived when the water has moved by 5 cm; near the source it moves with the bed.

# %%
height, minutes = hazard.station_eta_max_quantile, hazard.station_arrival_time_quantile / 60
columns = {f"{100 * share:.0f} % (m)": height.sel(quantile=share) for share in (0.16, 0.5, 0.84)}
columns |= {f"{100 * share:.0f} % (min)": minutes.sel(quantile=share) for share in (0.16, 0.5, 0.84)}
columns["worst (m)"] = hazard.station_eta_max.max("member")
columns["of member"] = hazard.member[hazard.station_worst_member.astype(int)]
pd.DataFrame({name: values.values for name, values in columns.items()}, index=hazard.station.values).round(2)

# %% [markdown]
# ## What makes the difference?
#
# Each member is a run of its own, with its values in `members.csv`. Magnitude counts most far from the source; at
# the coast it counts as well where the slip lies. `esim plot out/ensemble` draws all curves and maps, and
# `esim report out/ensemble` writes them on one page.

# %%
sizes = members["source.0.magnitude"].loc[hazard.member.values]
fig, axes = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained")
for ax, name in zip(axes, ("Miyako", "21413"), strict=True):
    peaks = hazard.station_eta_max.sel(station=name)
    drawn = ax.scatter(
        sizes, peaks, c=members["source.0.lat"].loc[hazard.member.values], cmap="viridis", s=25
    )
    ranks = np.corrcoef(sizes.rank(), pd.Series(peaks.values).rank())[0, 1]
    ax.set(title=f"{name}: rank correlation {ranks:.2f}", xlabel="moment magnitude", yscale="log")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(lambda height, _: f"{height:g}" if f"{height:.0e}"[0] in "25" else "")
axes[0].set_ylabel("maximum elevation (m)")
fig.colorbar(drawn, ax=axes, label="latitude of the fault (°N)")
plt.show()
