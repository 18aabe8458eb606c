"""How do seismograms get into a seismologist's tools? SAC and miniSEED files, through ObsPy.

Seismologists look up: channel Z is the upward motion, the opposite of esim's z. Channels are BXE, BXN, BXZ (B: the band
of SEED for 10 to 80 samples a second, H: 80 to 250, and so on; X: computed and not measured), the network is SY
(synthetic) unless the station's name brings one, as NET.STA. Units stay SI (SAC's own habit is nanometres): the header
kuser0 tells. Without a date, time starts on 1970-01-01.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from esim.distribution import install
from esim.errors import InputError
from esim.io.atomic import whole_file
from esim.io.crust.seismograms import StationTable
from esim.io.crust.station_codes import MINISEED, SAC, Code

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOTIONS = {  # SAC's name of the kind, and the unit
    "velocity": ("ivel", "M/S"),
    "displacement": ("idisp", "M"),
    "acceleration": ("iacc", "M/S**2"),
}


@dataclass(frozen=True)
class Event:
    """Where and how strong the earthquake was: x, y, depth [m], lon, lat [degrees], Mw, onset [s].

    low_pass is the corner [Hz] of the filter that it has passed.
    """

    x: float
    y: float
    depth: float
    lon: float | None = None
    lat: float | None = None
    magnitude: float | None = None
    onset: float = 0.0
    low_pass: float | None = None


@dataclass(frozen=True)
class Channel:
    """A component as seismologists name it, the sign that z down needs, and the angles of SAC [degrees]."""

    letter: str
    sign: float
    azimuth: float
    incidence: float

    def code(self, step: float) -> str:
        """Name of the channel at a sampling interval [s]."""
        return f"{band(step)}X{self.letter}"


BANDS = (
    (1000.0, "F"),
    (250.0, "C"),
    (80.0, "H"),
    (10.0, "B"),
    (1.001, "M"),
    (0.5, "L"),
)  # from so many a second
CHANNELS = (Channel("E", 1.0, 90.0, 90.0), Channel("N", 1.0, 0.0, 90.0), Channel("Z", -1.0, 0.0, 0.0))


def channels(stations: StationTable, n: int) -> tuple[Channel, Channel, Channel]:
    """The channels of the components x, y, z of a station: 2 and 1 in place of E and N where these are not meant."""
    if stations.true_axes or stations.convergence is None:
        return CHANNELS
    azimuth = float(stations.convergence[n])
    along_x, along_y = ((azimuth + turn) % 360 for turn in (90.0, 0.0))
    return Channel("2", 1.0, along_x, 90.0), Channel("1", 1.0, along_y, 90.0), CHANNELS[2]


def band(step: float) -> str:
    """The SEED band code of broadband channels at a sampling interval [s]."""
    return next((letter for rate, letter in BANDS if 1 / step >= rate), "V")


def require_obspy(key: str) -> None:
    """Raises InputError, naming the key of the configuration (or what else) needs it, where ObsPy is not installed."""
    try:
        import obspy  # noqa: F401
    except ImportError as error:
        raise InputError(f"{key} needs ObsPy, which is not there: {install('seismology')}") from error


def sac_files(stations: StationTable, interval: float) -> list[str]:
    """Names, by station and channel, of the SAC files of seismograms sampled at an interval [s]."""
    return [
        f"sac/{'.'.join(code)}.{channel.code(interval)}.SAC"
        for n, code in enumerate(SAC.codes(stations.names))
        for channel in channels(stations, n)
    ]


def write_sac(
    directory: Path,
    stations: StationTable,
    time: np.ndarray,
    components: np.ndarray,
    *,
    motion: str = "velocity",
    start: datetime | None = None,
    event: Event | None = None,
) -> list[Path]:
    """Writes one SAC file per station and channel into directory/sac, each whole or not at all.

    components (3, stations, times) are along x, y and z (down) in SI units; the files hold E, N and Z (up), or 2, 1
    and Z where x and y are the axes of a grid that is turned against them. user3 is the corner [Hz] of the low-pass.
    time is uniform, in seconds since the origin. motion is velocity, displacement or acceleration. Raises
    InputError without ObsPy, MachineError if the disk fails.
    """
    require_obspy("output.stations.sac")
    from obspy.io.sac import SACTrace

    paths, names = [], iter(sac_files(stations, sampling_interval(time)))
    for n, code in enumerate(SAC.codes(stations.names)):
        for component, channel in zip(components[:, n], channels(stations, n), strict=True):
            path = directory / next(names)
            header = _header(stations, n, channel, time, motion) | _paths(stations, n, event)
            header |= {"knetwk": code.network, "kstnm": code.station}
            header |= {"khole": code.location} if code.location else {}
            trace = SACTrace(data=_samples(component, channel), **header)
            trace.reftime = _origin(start)
            trace.b, trace.o = float(time[0]), event.onset if event else 0.0
            with whole_file(path) as temporary:
                trace.write(str(temporary))
            paths.append(path)
    return paths


def write_miniseed(
    directory: Path,
    stations: StationTable,
    time: np.ndarray,
    components: np.ndarray,
    *,
    start: datetime | None = None,
) -> Path:
    """Writes all stations and channels into waveforms.mseed, whole or not at all; arguments as in `write_sac`."""
    require_obspy("output.stations.miniseed")
    path = directory / "waveforms.mseed"
    codes = MINISEED.codes(stations.names)
    with whole_file(path) as temporary:
        stream = stream_of(stations, codes, time, components, start)
        stream.write(str(temporary), format="MSEED", encoding="FLOAT32", reclen=4096)
    return path


def stream_of(
    stations: StationTable,
    codes: Sequence[Code],
    time: np.ndarray,
    components: np.ndarray,
    start: datetime | None = None,
) -> Any:
    """An ObsPy Stream of all stations, by their codes, and channels; other arguments as in `write_sac`."""
    from obspy import Stream

    return Stream(list(_traces(stations, codes, time, components, start)))


def _samples(component: np.ndarray, channel: Channel) -> np.ndarray:
    return np.ascontiguousarray(channel.sign * component, dtype=np.float32)


def _origin(start: datetime | None) -> Any:
    from obspy import UTCDateTime

    return UTCDateTime(start or EPOCH)


def sampling_interval(time: np.ndarray) -> float:
    """Time [s] between samples, 1 s where there is one sample."""
    return float(time[-1] - time[0]) / (len(time) - 1) if len(time) > 1 else 1.0


def _header(
    stations: StationTable, n: int, channel: Channel, time: np.ndarray, motion: str
) -> dict[str, float | str]:
    """SAC headers of a station and a channel; user0..2 are x, y and depth [m]."""
    kind, unit = MOTIONS[motion]
    return {
        "iztype": "io",
        "idep": kind,
        "delta": sampling_interval(time),
        "kcmpnm": channel.code(sampling_interval(time)),
        "cmpaz": channel.azimuth,
        "cmpinc": channel.incidence,
        "kuser0": unit,
        "kuser1": "Z IS UP",
        "stdp": float(stations.depth[n]),
        "user0": float(stations.x[n]),
        "user1": float(stations.y[n]),
        "user2": float(stations.depth[n]),
    }


def _paths(stations: StationTable, n: int, event: Event | None) -> dict[str, float | bool | str]:
    """SAC headers of where station and earthquake are; distances on the plane where there are no lon and lat."""
    header: dict[str, float | bool | str] = {"lcalda": stations.located}
    if stations.lon is not None and stations.lat is not None:
        header |= {"stlo": float(stations.lon[n]), "stla": float(stations.lat[n])}
    if event is None:
        return header
    header["evdp"] = event.depth / 1000
    if event.magnitude is not None:
        header["mag"] = event.magnitude
    if event.low_pass is not None:
        header |= {"user3": event.low_pass, "kuser2": "LP HZ U3"}
    if event.lon is not None and event.lat is not None:
        header |= {"evlo": event.lon, "evla": event.lat}
    if not stations.located:
        east, north = float(stations.x[n]) - event.x, float(stations.y[n]) - event.y
        azimuth = float(np.degrees(np.arctan2(east, north))) % 360
        header |= {"dist": float(np.hypot(east, north)) / 1000, "az": azimuth, "baz": (azimuth + 180) % 360}
    return header


def _traces(
    stations: StationTable,
    codes: Sequence[Code],
    time: np.ndarray,
    components: np.ndarray,
    start: datetime | None,
) -> Iterator[Any]:
    from obspy import Trace

    for n, code in enumerate(codes):
        for component, channel in zip(components[:, n], channels(stations, n), strict=True):
            about = {
                **code._asdict(),
                "channel": channel.code(sampling_interval(time)),
                "delta": sampling_interval(time),
                "starttime": _origin(start) + float(time[0]),
            }
            yield Trace(_samples(component, channel), about)
