# %% [markdown]
# # A forecast, minute by minute
#
# What would have been known on 11 March 2011 after ten minutes, after twenty, after half an hour? Everything slow is
# done before the earthquake, in a library; then records of gauges near the source become a forecast with its
# uncertainty each minute. This is `configs/forecast_tohoku2011.yaml` on a smaller part of the sea and for six
# targets: a minute or two on one core. [The manual](../docs/howto/forecast.md) says how it works.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from ruamel.yaml import YAML

import esim
from esim.config import load
from esim.config.forecast.load import load_base, load_twin
from esim.config.ocean.warning_levels import WarningLevels
from esim.drivers.run import simulate
from esim.errors import InputError
from esim.forecast.build import build, prepare
from esim.forecast.library import read_library
from esim.forecast.records import read_records
from esim.forecast.run import Watch, follow

yaml, folder, out = YAML(typ="safe"), Path(esim.__file__).parent / "configs", Path("out/forecast")
base, twin = (yaml.load(folder / f"{name}2011.yaml") for name in ("tohoku", "forecast_tohoku"))
targets = [one for group in twin["targets"] for one in group.get("list", [group])]
wanted = ("21401", "21413", "Miyako", "Sendai", "Onahama", "Choshi")

# %% [markdown]
# ## The library
#
# Linear waves are reciprocal: one run for each sensor and each target, however many subfaults may slip, and whatever
# has slipped. Slip of 55 subfaults in five windows of 30 s is unknown, with a mean and a spread that are known before.

# %%
out.mkdir(parents=True, exist_ok=True)
base["grid"] |= {"west": 139, "east": 155, "south": 29, "north": 45, "spacing": "4 arcmin"}
base["time"]["duration"] = "2 h"
base["source"][0]["file"] = twin["unknowns"]["fault"] = str(folder / "sources/satake2013.csv")
twin |= {"base": "base.yaml", "output": {"directory": str(out.resolve())}}
twin["targets"][2]["list"] = [one for one in targets if one["name"] in wanted[2:]]
yaml.dump(base, out / "base.yaml")
yaml.dump(twin, out / "forecast.yaml")
if not (out / "library.nc").exists():
    config = load_twin(out / "forecast.yaml")
    build(prepare(config, load_base(config)), lambda text: None)
library = read_library(out / "library.nc")
print(f"{len(library.sensors)} sensors, {len(library.targets)} targets, {library.slip_mean.size} unknowns")

# %% [markdown]
# ## The records
#
# Six GPS buoys and two pressure gauges near the coast are in the data of `ESIM_DATA`, the DART buoys come with esim.
# Without `ESIM_DATA` the records are those of a run of the same earthquake, with the slip of Satake et al. (2013) and
# nonlinear waves; nothing is compared with observations then.

# %%
kinds = dict(zip(library.sensors, library.sensor_kinds, strict=True))
try:
    files = [
        esim.data.locate(Path(f"data:tohoku2011{name}")) for name in ("/gauges/near_field.csv", "_dart.csv")
    ]
    what = "observed"
except InputError:
    base["stations"] = [one for one in targets if one["name"] in wanted[:2]]
    for one in twin["sensors"]:
        base["stations"].append({key: one[key] for key in ("name", "lon", "lat", "kind") if key in one})
    base["output"] = {
        "directory": str(out / "run"),
        "overwrite": True,
        "fields": None,
        "stations": {"every": "15 s"},
    }
    yaml.dump(base, out / "run.yaml")
    files, what = [simulate(load(out / "run.yaml")) / "stations.nc"], "computed"
    print("no ESIM_DATA: the records are computed, and nothing is compared with observations")
records = read_records(files, kinds, library.start)

# %% [markdown]
# ## Minute by minute
#
# `esim forecast run --follow` prints the same. A pressure gauge holds seismic waves at first: P02 and P06 are used
# from 5 minutes on, 21418 from 20 minutes on.

# %%
watch = Watch(library, records)
history = list(follow(library, watch, 40 * 60.0))
for found in history[4::5]:
    print(found.line())

# %% [markdown]
# ## How it sharpens
#
# Medians and 95 % bands of the magnitude, and of the largest elevation at the targets. A band at the coast stays
# wide: linear waves at a coarse wall are wrong by a third (`relative: 0.3`), and the forecast knows.

# %%
minutes = np.array([found.until for found in history]) / 60
size = np.array([[found.moment.magnitude(p) or np.nan for p in (0.025, 0.5, 0.975)] for found in history]).T
heights = np.array([found.extremes.highest_quantiles()[[0, 2, 4]] for found in history]).transpose(2, 1, 0)
fig, axes = plt.subplots(2, 4, figsize=(10, 4.4), sharex=True, layout="constrained")
panels = {"magnitude": size, **dict(zip(library.targets, heights, strict=True))}
for ax, (name, (low, middle, high)) in zip(axes.flat, panels.items(), strict=False):
    ax.fill_between(minutes, low, high, alpha=0.25, lw=0)
    ax.plot(minutes, middle)
    ax.set_title(name if name == "magnitude" else f"{name} (m)", fontsize="medium")
axes[-1, -1].set_axis_off()
fig.supxlabel("data up to (min)")
plt.show()

# %% [markdown]
# ## At two buoys
#
# What was expected of the records of two buoys, far from the source, from data of 10, 20 and 40 minutes: bands of 50
# and 95 %, before the wave is there, and the record (dots). The records of 2011 leave the bands of 10 and 20 minutes
# at the crest, so these were too narrow; within those of 40 minutes they lie.

# %%
fig, axes = plt.subplots(2, 3, figsize=(10, 4.4), sharex=True, sharey="row", layout="constrained")
for row, name in zip(axes, wanted[:2], strict=True):
    n, record = library.targets.index(name), records[name]
    for ax, until in zip(row, (10, 20, 40), strict=True):
        low, lower, middle, upper, high = history[until - int(minutes[0])].waves.quantiles()[:, n]
        ax.axvspan(0, until, color="0.93")
        ax.fill_between(library.forecast_time / 60, low, high, color="C0", alpha=0.2, lw=0)
        ax.fill_between(library.forecast_time / 60, lower, upper, color="C0", alpha=0.35, lw=0)
        ax.plot(library.forecast_time / 60, middle, color="C0")
        ax.plot(record.time / 60, record.value, ".k", ms=2)
        ax.set(title=f"{name}, from {until} min of data", xlim=(0, 120), ylim=(-0.8, 1.6))
fig.supxlabel("time since origin (min)")
fig.supylabel("elevation (m)")
plt.show()

# %% [markdown]
# ## The warning
#
# Largest elevation, arrival, and the probabilities of the levels of the Japan Meteorological Agency.
# `esim report` writes all of this on one page.

# %%
last, levels = history[-1], WarningLevels.model_validate(library.about["levels"])
low, _, middle, _, high = last.extremes.highest_quantiles()
table = pd.DataFrame({"median (m)": middle, "from": low, "to": high}, index=library.targets).round(2)
table["arrival (min)"] = (last.extremes.arrival_quantiles()[2] / 60).round()
chances = 100 * last.level_probabilities(library, levels, None)
for name, chance in zip([levels.none, *(level.name for level in levels.levels)], chances.T, strict=True):
    table[f"{name} (%)"] = chance.round()
table
