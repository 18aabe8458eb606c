# %% [markdown]
# # A forecast, minute by minute
#
# What would have been known on 11 March 2011 after ten minutes, after twenty, after half an hour? Everything slow is
# done before the earthquake, in a library; then records of gauges near the source become a forecast with its
# uncertainty each minute. This is `configs/forecast_tohoku2011.yaml` on a smaller part of the sea and for six
# targets: a minute or two on one core. [The manual](../docs/howto/forecast.md) says how it works.

# %%
import io
from contextlib import redirect_stdout
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import xarray as xr
from ruamel.yaml import YAML

import esim
from esim.cli.main import main
from esim.config import load
from esim.drivers.run import simulate
from esim.errors import InputError

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
with redirect_stdout(io.StringIO()):  # its plan
    main(["forecast", "build", str(out / "forecast.yaml")])
library = xr.open_dataset(out / "library.nc")
print({name: library.sizes[name] for name in ("sensor", "target", "subfault", "unknown")})

# %% [markdown]
# ## Records, minute by minute
#
# Six GPS buoys and two pressure gauges near the coast are in the data of `ESIM_DATA`, the DART buoys come with esim.
# Without `ESIM_DATA` the records are those of a run of the same earthquake, with the slip of Satake et al. (2013) and
# nonlinear waves; nothing is compared with observations then. A pressure gauge holds seismic waves at first: P02 and
# P06 are used from 5 minutes on, 21418 from 20 minutes on. With `--follow` there is a forecast of each minute.

# %%
try:
    gauges, buoys = (Path(f"data:tohoku2011{name}") for name in ("/gauges/near_field.csv", "_dart.csv"))
    files = [esim.data.locate(gauges), esim.data.locate(buoys)]
except InputError:
    base["stations"] = [one for one in targets if one["name"] in wanted[:2]]
    for one in twin["sensors"]:
        base["stations"].append({key: one[key] for key in ("name", "lon", "lat", "kind") if key in one})
    base["output"] = {"directory": str(out / "run"), "overwrite": True, "fields": None}
    base["output"]["stations"] = {"every": "15 s"}
    yaml.dump(base, out / "run.yaml")
    files = [simulate(load(out / "run.yaml")) / "stations.nc"]
    print("no ESIM_DATA: the records are computed, and nothing is compared with observations")


def forecast(until, *options):
    """What the command prints for data up to so many minutes, and the folder of its files."""
    folder = out / f"{until}min"
    command = ["forecast", "run", str(out / "library.nc"), "--until", f"{until} min", "--output", str(folder)]
    with redirect_stdout(io.StringIO()) as printed:
        main([*command, *options, "--data", *map(str, files)])
    return printed.getvalue().splitlines(), folder


lines, last = forecast(40, "--follow")
print("\n".join(lines[4:40:5]))

# %% [markdown]
# ## How it sharpens
#
# Medians and 95 % bands of the magnitude, and of the largest elevation at the targets. A band at the coast stays
# wide: linear waves at a coarse wall are wrong by a third (`relative: 0.3`), and the forecast knows.

# %%
sharpening = xr.open_dataset(last / "sharpening.nc", decode_times=False)
minutes = sharpening.until / 60
panels = {"magnitude": sharpening.magnitude.T}
for name in sharpening.target.values:
    panels[f"{name} (m)"] = sharpening.eta_max.sel(target=name, probability=[0.025, 0.5, 0.975]).T
fig, axes = plt.subplots(2, 4, figsize=(10, 4.4), sharex=True, layout="constrained")
for ax, (name, (low, middle, high)) in zip(axes.flat, panels.items(), strict=False):
    ax.fill_between(minutes, low, high, alpha=0.25, lw=0)
    ax.plot(minutes, middle)
    ax.set_title(name, fontsize="medium")
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
records = xr.open_dataset(last / "records.nc", decode_times=False).target_record
for column, until in zip(axes.T, (10, 20, 40), strict=True):
    _, made = forecast(until) if until < 40 else (lines, last)
    found = xr.open_dataset(made / "forecast.nc", decode_times=False)
    for ax, name in zip(column, wanted[:2], strict=True):
        low, lower, _, upper, high = found.eta_quantile.sel(target=name)
        ax.axvspan(0, until, color="0.93")
        ax.fill_between(found.time / 60, low, high, color="C0", alpha=0.2, lw=0)
        ax.fill_between(found.time / 60, lower, upper, color="C0", alpha=0.35, lw=0)
        ax.plot(found.time / 60, found.eta.sel(target=name), color="C0")
        ax.plot(records.time / 60, records.sel(target=name), ".k", ms=2)
        ax.set(title=f"{name}, from {until} min of data", xlim=(0, 120), ylim=(-0.8, 1.6))
fig.supxlabel("time since origin (min)")
fig.supylabel("elevation (m)")
plt.show()

# %% [markdown]
# ## The warning
#
# Largest elevation, arrival, and the probabilities (%) of the levels of the Japan Meteorological Agency.
# `esim report out/forecast/40min` writes all of this on one page.

# %%
found = xr.open_dataset(last / "forecast.nc", decode_times=False)
low, _, middle, _, high = found.eta_max.values
table = pd.DataFrame({"median (m)": middle, "from": low, "to": high}, index=found.target.values).round(2)
table["arrival (min)"] = (found.arrival_time.sel(probability=0.5).values / 60).round()
table.join((100 * found.level_probability).round().to_pandas())
