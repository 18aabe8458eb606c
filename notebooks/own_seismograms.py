# %% [markdown]
# # From a CMT to an ObsPy stream
#
# A centroid moment tensor, a velocity model and a list of stations are enough for synthetic seismograms up to a
# frequency of your choice. Here a thrust of Mw 6.3 off Hokkaido, in PREM, below 0.2 Hz: a small block that takes
# seconds. CMTSOLUTION and STATIONS are the files of SPECFEM, with the moment in
# dyn cm; QuakeML, ndk and StationXML do as well. This needs ObsPy (`pip install 'esim-hpc[seismology]'`).

# %%
import logging
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import esim
from esim.analysis.crust.hazard.ground_motion import ground_motions
from esim.analysis.crust.hazard.response_spectrum import oscillator
from esim.analysis.crust.hazard.rotd import rotd
from esim.cli.main import main
from esim.config import load
from esim.constants import STANDARD_GRAVITY
from esim.drivers.run import simulate

logging.basicConfig(format="warning: %(message)s")
CMT = """\
PDE 2003 09 25 19 50 06.36 41.7800 143.8600 27.0 6.3 6.3 OFF HOKKAIDO
event name:     thrust
time shift:     2.0
half duration:  2.0
latitude:       42.21
longitude:      143.84
depth:          28.2
Mrr:  1.72e+25
Mtt: -0.104e+25
Mpp: -1.62e+25
Mrt:  0.516e+25
Mrp:  2.41e+25
Mtp: -0.497e+25
"""
STATIONS = """\
ERIMO  XX 42.02 143.16 0 0
HIROO  XX 42.29 143.31 0 0
AKKES  XX 43.02 144.80 0 0
URAKA  XX 42.16 142.77 0 0
"""
Path("out").mkdir(exist_ok=True)
Path("out/CMTSOLUTION").write_text(CMT)
Path("out/STATIONS").write_text(STATIONS)
Path("out/thrust.yaml").unlink(missing_ok=True)  # esim new overwrites nothing

# %% [markdown]
# ## The scenario
#
# `esim new seismic` lays a block around source and stations, with cells that carry the highest frequency in the slowest
# layer. Its warning says what becomes of the rest: what the grid cannot resolve is filtered out of the source.

# %%
command = "new seismic --cmt out/CMTSOLUTION --model prem --stations out/STATIONS --fmax 0.2 --output out/thrust.yaml"
assert main(command.split()) == 0
config = load("out/thrust.yaml", ["output.overwrite=true"])
run = esim.open_run(simulate(config))

# %% [markdown]
# ## An ObsPy stream
#
# Traces have network, station and channel codes, the origin time, epicentral distances and coordinates; velocities are
# in m/s, Z is up. `run.esim.inventory()` is the StationXML that belongs to it.

# %%
stream = run.esim.stream()
print(stream)

# %% [markdown]
# ## Filter
#
# All verbs of ObsPy work. Below, the vertical motion between 50 and 6 s, by distance from the epicentre.

# %%
vertical = stream.select(component="Z").copy()
vertical.taper(0.05, side="right").filter("bandpass", freqmin=0.02, freqmax=0.16, corners=2, zerophase=True)
scale = 12 / max(np.abs(trace.data).max() for trace in vertical)  # km of the axis to the largest velocity
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for trace in vertical:
    distance = trace.stats.distance / 1e3
    ax.plot(trace.times(), distance + scale * trace.data, "k", lw=0.8)
    ax.annotate(trace.stats.station, (trace.times()[-1], distance), xytext=(4, 4), textcoords="offset points")
ax.set(xlabel="time since origin (s)", ylabel="epicentral distance (km)")
ax.set(title="vertical velocity, 0.02–0.16 Hz", xlim=(0, 1.12 * vertical[0].times()[-1]))
plt.show()

# %% [markdown]
# ## Spectrum
#
# Amplitude spectra of one station. Above the frequency that was asked for, the dashed line, the source fades out: there
# the spectrum is that of the filter, not of the earthquake.

# %%
fig, ax = plt.subplots(figsize=(5, 3.5), layout="constrained")
for trace in stream.select(station="HIROO"):
    spectrum = trace.stats.delta * np.abs(np.fft.rfft(trace.data))
    ax.semilogy(
        np.fft.rfftfreq(trace.stats.npts, trace.stats.delta)[1:], spectrum[1:], label=trace.stats.component
    )
ax.axvline(config.physics.max_frequency, color="0.6", ls="--", lw=0.8)
ax.set(
    xlabel="frequency (Hz)", ylabel="velocity spectrum (m)", title="HIROO", xlim=(0, 0.4), ylim=(1e-4, None)
)
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# ## Response spectra
#
# Pseudo-spectral acceleration at 5 % damping, the median over all horizontal directions (RotD50, Boore 2010,
# doi:10.1785/0120090400). Periods start at that of the highest frequency, 5 s: a run tells nothing about shorter ones.

# %%
periods = np.geomspace(1 / config.physics.max_frequency, 20, 30)
records = ground_motions(run.esim.run)
fig, ax = plt.subplots(figsize=(5, 3.5), layout="constrained")
for motion in records.motions:
    answers = [rotd(*oscillator(motion.acceleration[:2], records.dt, period)) for period in periods]
    ax.loglog(
        periods,
        [answer.rotd50 / STANDARD_GRAVITY for answer in answers],
        label=motion.station.removeprefix("XX."),
    )
ax.set(xlabel="period (s)", ylabel="RotD50 of spectral acceleration (g)", ylim=(2e-5, 1e-3))
ax.set_xticks([5, 10, 20], ["5", "10", "20"])
ax.xaxis.minorticks_off()
ax.legend(frameon=False)
plt.show()
