# %% [markdown]
# # Eight faults, one figure
#
# How do depth and dip of a thrust change the wave at the coast? The moment stays the same (Mw 7.8), the sea too: a
# plane that rises from 4 km to the shore. A scenario is a dictionary, so that a study is a loop. Seconds on one core.

# %%
import matplotlib.pyplot as plt
import numpy as np

import esim
from esim.config import from_dict
from esim.drivers.run import simulate

# %% [markdown]
# ## The scenario
#
# Lengths and times may have units. What is left out has its default, and a wrong key is one sentence.

# %%
LENGTH, WIDTH, SLIP, MIDDLE = 150e3, 60e3, 2.0, 300e3  # m


def scenario(depth, dip):
    """A thrust with its centre at a depth [m] below a sea that rises to the east."""
    fault = {"x": "180 km", "y": MIDDLE, "reference": "center", "depth": depth, "dip": dip, "rake": 90}
    fault |= {"length": LENGTH, "width": WIDTH, "strike": 0, "slip": SLIP}
    grid = {"kind": "cartesian", "x": ["0 km", "400 km"], "y": ["0 km", "600 km"], "spacing": "2.5 km"}
    return {
        "scenario": "tsunami",
        "time": {"duration": "100 min"},
        "grid": grid | {"boundary": {"east": "wall"}},  # behind a strip of land
        "bathymetry": {"kind": "slope", "depth": 1895, "slope": 4210 / 400e3, "direction": 90},
        "source": [{"kind": "okada", "kajiura": True, "faults": [fault]}],
        "output": {"directory": f"out/study/{depth / 1e3:g}km_{dip}", "overwrite": True, "fields": None},
    }


# %% [markdown]
# ## Eight runs
#
# Of each run two lines are kept: the uplift across the middle of the fault, and the maximum elevation along the
# isobath of 100 m. Nearer to the shore waves become shorter than such cells resolve.


# %%
def lines(depth, dip):
    """Uplift [m] by x [m], and maximum elevation [m] at the isobath of 100 m by y [m]."""
    with esim.open_run(simulate(from_dict(scenario(depth, dip)))) as run:
        maxima = run["maxima"].to_dataset().load()
    isobath = abs(maxima.bathymetry + 100).argmin("x")
    return maxima.uplift.sel(y=MIDDLE, method="nearest"), maxima.eta_max.isel(x=isobath)


DEPTHS, DIPS = (16e3, 24e3, 34e3, 48e3), (10, 30)
study = {(depth, dip): lines(depth, dip) for dip in DIPS for depth in DEPTHS}

# %% [markdown]
# ## One figure
#
# Left, the uplift; right, what comes of it. A steeper fault lifts more of the sea floor and leaves less of a trough on
# the side of the coast: the wave grows. Between 16 and 24 km depth little changes; deeper slip spreads over a wider
# uplift, which is lower, and the wave fades. On cells of half the size the maxima of the shallow faults are 10 to 14 %
# higher, in the same order: comparisons of a study are less sensitive to the grid than its numbers.

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
colours = plt.colormaps["viridis"](np.linspace(0, 0.85, len(DEPTHS)))
for (depth, dip), (uplift, coast) in study.items():
    style = {"color": colours[DEPTHS.index(depth)], "ls": "-" if dip == DIPS[0] else "--"}
    left.plot(uplift.x / 1e3, uplift, **style)
    right.plot((coast.y - MIDDLE) / 1e3, coast, label=f"{depth / 1e3:g} km, {dip}°", **style)
left.set(xlabel="x (km); the shore is at 380 km", ylabel="uplift (m)", xlim=(80, 380))
right.axvspan(-LENGTH / 2e3, LENGTH / 2e3, color="0.93", zorder=0)
right.set(xlabel="distance along the coast (km)", ylabel="maximum elevation at 100 m depth (m)")
right.set(xlim=(-250, 250), ylim=(0, None))
right.legend(title="depth, dip", frameon=False, fontsize="small")
plt.show()
