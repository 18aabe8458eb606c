"""The figure of the stations: seismograms by epicentral distance, with the times of the first P and S waves."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.crust import medium
from esim.analysis.crust.figures.arrivals import first_arrival
from esim.analysis.figures import credit, labels
from esim.analysis.figures.look import PLAIN, Look
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOTIONS = {"v": ("velocity", "m/s"), "u": ("displacement", "m"), "a": ("acceleration", "m/s²")}
TRACE, P, S = "#1a1a1a", "#0072B2", "#D55E00"
SWING = 0.75  # of the mean distance between traces: how far the largest amplitude of a few stations reaches
FEW = 12  # stations, beyond which amplitudes reach further, with the root of the number
CROWDED, EVEN = (
    0.45,
    0.98,
)  # of the mean distance between traces: how far apart they are at least, and if names need it
GUTTER = 0.09  # of the time axis before the traces: for lines from their distances to traces that were moved
NEAR = 1.0  # m from the epicentre, where no direction is radial
HEIGHT = 4.0, 11.5  # inches of a drawing
MARGINS = 1.5  # inches of that which are not the traces
TEXT, SMALLEST = 7.5, 5.5  # points
MOVED = 2.5  # lines of text: how far texts may be moved from their traces before some are left out
NOTHING = 1e-6  # of a distance
ROUNDING = 1e-4  # of the largest amplitude of a station: what float32 leaves of components that vanish
LEADER: dict[str, Any] = {"lw": 0.5, "color": "0.5", "clip_on": False, "solid_capstyle": "butt"}
LINE = 1.15  # of the size of letters: from line to line
SEEN = 0.1  # of the mean distance between traces: a smaller move is not seen
ROOM = 0.2  # of the time axis beside the traces: for the peaks


class Section(NamedTuple):
    """Traces in the order of distance: times [s], values (3, stations, times) in the unit, by station: name,
    epicentral distance [km]; depth of the source [m] and when its first motion can be seen [s]; names of the
    components."""

    time: np.ndarray
    values: np.ndarray
    names: list[str]
    distance: np.ndarray | None
    depth: float
    begins: float
    components: tuple[str, str, str]


class Texts(NamedTuple):
    """Lines of text beside traces: which traces have one, where it is drawn, and its size [points]."""

    traces: np.ndarray
    place: np.ndarray
    size: float


class Rows(NamedTuple):
    """Where the traces are drawn, and whether that is by their distance [km], or near it where they would overlap."""

    place: np.ndarray
    step: float
    true: bool
    moved: bool = False


def figure(run: Run, motion: str = "v", look: Look = PLAIN) -> "Figure | None":
    """Radial, transverse and vertical motion of all stations; east and north where no source has a place.

    motion is "v" (velocity), "u" (displacement) or "a" (acceleration). Each station is scaled by its largest
    component; the peak of each trace is written beside it. None unless stations.nc has all three components.
    """
    from matplotlib.figure import Figure

    if run.stations is None or not {f"{motion}{axis}" for axis in "xyz"} <= set(run.stations):
        return None
    if not run.stations.sizes["station"] or run.stations.sizes["time"] < 2:
        return None
    section = _section(run, motion)
    words, si = MOTIONS[motion]
    unit = medium.unit(_typical(section.values), si)
    height = float(np.clip(2.2 + 0.34 * len(section.names), *HEIGHT))
    rows = _rows(section, 72 * (height - MARGINS))
    drawing = Figure(figsize=(8.6, height), layout="constrained")
    panels = drawing.subplots(1, 3, sharex=True, sharey=True)
    for axes, values, component in zip(panels, section.values, section.components, strict=True):
        _panel(axes, section, rows, values)
        _arrivals(axes, run, section, rows)
        axes.set_title(f"{component} (peak in {unit.name})", fontsize=9, pad=15)
    texts = _texts(panels[0], rows, 72 * (height - MARGINS))
    for axes, peaks in zip(panels, unit.factor * _peak(section.values), strict=True):
        _peaks(axes, section, texts, peaks)
    _labels(panels, section, rows, texts)
    waves = {"P": ": first P waves", "PS": ": first P and S waves"}.get("".join(_speeds(run, section)), "")
    title = f"{words}{medium.resolved(run)}; each station normalised" + (f"; lines{waves}" if waves else "")
    drawing.suptitle(medium.heading(run, title, look), x=0.01, ha="left")
    credit.line(drawing, run)
    return drawing


def _section(run: Run, motion: str) -> Section:
    """The traces, turned towards the strongest source where there is one."""
    assert run.stations is not None
    east, north, down = (np.nan_to_num(run.stations[f"{motion}{axis}"].values) for axis in "xyz")
    names = [str(name) for name in run.stations["station"].values]
    time = run.stations["seconds"].values
    found = medium.sources(run)
    if not found:
        return Section(time, np.array((east, north, -down)), names, None, 0.0, 0.0, ("east", "north", "up"))
    dx, dy = (run.stations[axis].values - getattr(found[0], axis) for axis in ("x", "y"))
    distance = np.hypot(dx, dy)
    dx, dy = _in_axes_of_motion(run.stations, motion, dx, dy)
    order = np.argsort(distance, kind="stable")
    far = distance > NEAR
    toward = np.where(far, (dx, dy), ((0.0,), (1.0,))) / np.where(far, distance, 1.0)
    radial = toward[0][:, None] * east + toward[1][:, None] * north
    transverse = toward[1][:, None] * east - toward[0][:, None] * north
    values = np.array((radial, transverse, -down))[:, order]
    parts = ("radial", "transverse", "up")
    begins = _begins(run, found[0])
    return Section(
        time, values, [names[n] for n in order], distance[order] / 1000, found[0].depth, begins, parts
    )


def _in_axes_of_motion(
    stations: "xr.Dataset", motion: str, dx: np.ndarray, dy: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Distances (stations,) along x and y of the grid, along the axes of the components: true east and north."""
    if "true east" not in stations[f"{motion}x"].attrs.get("axes", ""):
        return dx, dy
    angle = np.deg2rad(stations["meridian_convergence"].values)
    return dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)


def _typical(values: np.ndarray) -> float:
    """The median over the stations of their peaks."""
    return float(np.median(np.abs(values).max(axis=(0, 2))))


def _peak(values: np.ndarray) -> np.ndarray:
    """Peaks (3, stations); zero for what is only rounding beside the other components of the station."""
    peaks = np.abs(values).max(axis=-1)
    return np.where(peaks > ROUNDING * peaks.max(axis=0), peaks, 0.0)


def _rows(section: Section, height: float) -> Rows:
    """Traces at their distances on panels of a height [points], moved apart as far as they and their names need.

    In ranks where all stations are equally far away.
    """
    count = len(section.names)
    extent = 0.0 if section.distance is None else float(np.ptp(section.distance))
    if section.distance is None or count < 2 or extent <= NOTHING * section.distance[-1]:
        return Rows(np.arange(count, dtype=float), 1.0, False)
    step = extent / (count - 1)
    line = LINE * TEXT / height * (count + 1) * step
    place = labels.spread(section.distance, min(max(CROWDED * step, line), EVEN * step))
    moved = bool(np.abs(place - section.distance).max() > SEEN * step)
    return Rows(place if moved else section.distance, step, True, moved)


def _panel(axes: "Axes", section: Section, rows: Rows, values: np.ndarray) -> None:
    """The traces of a component, upward motion upwards."""
    peak = np.abs(section.values).max(axis=(0, 2))
    scaled = _swing(section, rows) * values / np.where(peak > 0, peak, 1)[:, None]
    for place, trace in zip(rows.place, scaled, strict=True):
        axes.plot(section.time, place + trace, color=TRACE, lw=0.7, zorder=3)
    first, last = section.time[0], section.time[-1]
    axes.set_xlim(first - GUTTER * rows.moved * (last - first), last + ROOM * (last - first))
    room = 0.35 * rows.step + _swing(section, rows)
    axes.set_ylim(rows.place[0] - room, rows.place[-1] + room)
    axes.set_xticks([tick for tick in axes.get_xticks() if section.time[0] <= tick <= last])
    axes.set_xlabel("time since origin (s)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelleft=True)
    axes.label_outer()


def _swing(section: Section, rows: Rows) -> float:
    """How far the largest amplitude of each station reaches from its place."""
    return SWING * rows.step * (max(len(section.names) / FEW, 1) ** 0.5 if rows.true else 1.0)


def _peaks(axes: "Axes", section: Section, texts: Texts, peaks: np.ndarray) -> None:
    """The peak of each trace, at its end."""
    x = section.time[-1] + 0.1 * ROOM * np.ptp(section.time)
    for at, peak in zip(texts.place, peaks[texts.traces], strict=True):
        axes.text(x, at, medium.number(float(peak)), fontsize=texts.size, va="center", color="0.3")


def _texts(axes: "Axes", rows: Rows, height: float) -> Texts:
    """Where lines of text go on panels of a height [points]: beside their traces, as far as there is room."""
    low, high = axes.get_ylim()
    size = float(np.clip(0.85 * height / len(rows.place), SMALLEST, TEXT))
    gap = LINE * size / height * (high - low)
    place = labels.spread(rows.place, gap)
    if np.abs(place - rows.place).max() <= MOVED * gap:
        return Texts(np.arange(place.size), place, size)
    chosen = [0]
    for n, at in enumerate(rows.place):
        if at - rows.place[chosen[-1]] >= gap:
            chosen.append(n)
    return Texts(np.array(chosen), rows.place[chosen], size)


def _labels(panels: np.ndarray, section: Section, rows: Rows, texts: Texts) -> None:
    """Distances on the left and names on the right, or both on the left where traces are in ranks."""
    if not rows.true:
        names = section.names
        if section.distance is not None:
            pairs = zip(section.names, section.distance, strict=True)
            names = [f"{name}  {medium.number(distance)} km" for name, distance in pairs]
        panels[0].set_yticks(rows.place[texts.traces], [names[n] for n in texts.traces], fontsize=texts.size)
        panels[0].tick_params(axis="y", length=0)
        return
    panels[0].set_ylabel("epicentral distance (km)")
    if rows.moved:
        _leaders(panels[0], section, rows)
    side = panels[-1].get_yaxis_transform()
    for n, at in zip(texts.traces, texts.place, strict=True):
        panels[-1].text(1.05, at, section.names[n], transform=side, fontsize=texts.size, va="center")
        if abs(at - rows.place[n]) > SEEN * rows.step:
            panels[-1].plot((0.99, 1.04), (rows.place[n], at), transform=side, **LEADER)


def _leaders(axes: "Axes", section: Section, rows: Rows) -> None:
    """Lines from the distances on the axis to traces that were moved."""
    assert section.distance is not None  # else there are none
    first, left = section.time[0], axes.get_xlim()[0]
    for distance, place in zip(section.distance, rows.place, strict=True):
        bend = left + 0.25 * (first - left), left + 0.85 * (first - left)
        axes.plot((left, *bend, first), (distance, distance, place, place), zorder=2, **LEADER)


def _arrivals(axes: "Axes", run: Run, section: Section, rows: Rows) -> None:
    """Lines of the first P and S waves in the layers of the medium; ticks where traces are in ranks."""
    profile, (low, high) = medium.profile(run), axes.get_ylim()
    for name, (speed, colour) in _speeds(run, section).items():
        assert profile is not None and section.distance is not None  # else there are no speeds
        smooth = rows.true and not rows.moved
        place = np.linspace(max(low, 0), high, 400) if smooth else rows.place
        distance = place if smooth else section.distance
        when = section.begins + first_arrival(profile.top, speed, section.depth, 1000 * distance)
        when, place = when[when <= section.time[-1]], place[when <= section.time[-1]]
        if not when.size:
            continue
        if rows.true:
            axes.plot(when, place, color=colour, lw=1.1, alpha=0.85, zorder=2)
        else:
            axes.vlines(when, place - 0.42, place + 0.42, color=colour, lw=1.4, zorder=2)
        top = high if rows.true else place[-1] + 0.42
        axes.annotate(name, (when[-1], top), (0, 2), textcoords="offset points", ha="center", color=colour)


def _speeds(run: Run, section: Section) -> dict[str, tuple[np.ndarray, str]]:
    """Speeds [m/s] of the layers and colours of the waves whose first arrivals are known: P, and S if there are any."""
    profile = medium.profile(run)
    if profile is None or section.distance is None:
        return {}
    shear = any(source.shear for source in medium.sources(run))
    return {"P": (profile.vp, P)} | ({"S": (profile.vs, S)} if shear else {})


def _begins(run: Run, source: medium.Source) -> float:
    """When the first motion of a source can be seen [s]; of a run that does not tell, the onset of its only source."""
    entries = run.record["configuration"].get("source") or []
    onset = float(entries[0].get("onset") or 0.0) if len(entries) == 1 else 0.0
    return source.begins or onset
