"""What do figures and pages ask of a forecast? forecast.nc, and the files beside it, None where there are none."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

RESULT, RECORDS, SHARPENING = "forecast.nc", "records.nc", "sharpening.nc"
TITLE = "forecast: "  # before the title of the library
SIZES = {"magnitude": "moment magnitude", "volume": "volume of water lifted (km³)"}
SHORT = {"magnitude": "Mw", "volume": "volume lifted"}
OUTER, INNER, MIDDLE = (
    (0, -1),
    (1, -2),
    2,
)  # of the probabilities in the files: ends of the bands, and the median


class Bands(NamedTuple):
    """What is expected of a record at times [s]: ends of the wide and the narrow band, and the expectation [m]."""

    time: np.ndarray
    outer: tuple[np.ndarray, np.ndarray]
    inner: tuple[np.ndarray, np.ndarray]
    expected: np.ndarray


@dataclass(frozen=True)
class ForecastFiles:
    """The files of a forecast in a directory. As a context manager it closes them."""

    directory: Path
    result: "xr.Dataset"
    records: "xr.Dataset | None"
    sharpening: "xr.Dataset | None"

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Opens the forecast of a directory. Raises InputError for a file that cannot be read."""
        found = (_dataset(directory / name) for name in (RESULT, RECORDS, SHARPENING))
        result, records, sharpening = found
        if result is None:
            raise InputError(f"{directory}: has no {RESULT}; expected the output of `esim forecast run`")
        return cls(directory, result, records, sharpening)

    @property
    def title(self) -> str:
        """Title of the library."""
        return str(self.result.attrs["title"]).removeprefix(TITLE)

    @property
    def until(self) -> float:
        """Time since the origin [s] of the last data."""
        return float(self.result.attrs["until_s"])

    @property
    def start(self) -> datetime | None:
        """Origin time in UTC; None where it is not known."""
        units = str(self.result["time"].attrs["units"])
        _, since, date = units.partition(" since ")
        if not since:
            return None
        moment = datetime.fromisoformat(date)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def lonlat(self) -> bool:
        """Whether places are in degrees."""
        return "lon" in self.result.variables

    @property
    def configuration(self) -> dict[str, Any]:
        """What was asked for: of the forecast, and of its library."""
        return dict(json.loads(self.result.attrs["configuration"]))

    @property
    def remarks(self) -> list[str]:
        """What was said of the data."""
        return [text for text in str(self.result.attrs.get("remarks", "")).splitlines() if text]

    def names(self, kind: str) -> list[str]:
        """Names of what there is of a kind: target, sensor or level."""
        return [str(name) for name in self.result[kind].values]

    def places(self, kind: str) -> tuple[np.ndarray, np.ndarray]:
        """Places of sensors or targets as maps count them: degrees, or km."""
        x, y = ("lon", "lat") if self.lonlat else ("x", "y")
        scale = 1.0 if self.lonlat else 1000.0
        return self.result[f"{kind}_{x}"].values / scale, self.result[f"{kind}_{y}"].values / scale

    @property
    def size(self) -> str:
        """How large the earthquake was, with its interval of 95 %: its magnitude, or the volume that it lifted."""
        name = next((name for name in SIZES if name in self.result), None)
        if name is None:
            return ""
        low, middle, high = (
            f"{value:.2f}" if np.isfinite(value) else "none" for value in self.sizes(self.result, name)
        )
        return f"{SHORT[name]} {middle}{' km³' if name == 'volume' else ''} ({low} to {high})"

    @staticmethod
    def sizes(data: "xr.Dataset", name: str) -> np.ndarray:
        """Lower end of the interval, median and upper end of a size, in the units of SIZES, along the last axis."""
        return np.asarray(data[name].values.astype(float) * (1e-9 if name == "volume" else 1.0))

    def outlines(self) -> np.ndarray | None:
        """Corners (parts, corners, 2) of subfaults, as maps count them; None where no fault was assumed."""
        if "subfault_outline" not in self.result:
            return None
        return np.asarray(self.result["subfault_outline"].values[:, :, :2] / (1.0 if self.lonlat else 1000.0))

    def used(self) -> np.ndarray | None:
        """Which of the sensors the forecast rests on; None where the records are not there."""
        return None if self.records is None else (self.records["sensor_used"] == 1).any("sensor_time").values

    def target_bands(self, n: int) -> Bands:
        """What is expected of a record at a target."""
        target = self.result.isel(target=n)
        return _bands(self.result["time"].values, target["eta_quantile"].values, target["eta"].values)

    def sensor_bands(self, n: int) -> Bands:
        """What the forecast expects of the record of a sensor."""
        assert self.records is not None  # asked by the caller
        quantiles = self.records["sensor_quantile"].isel(sensor=n).values
        return _bands(self.records["sensor_time"].values, quantiles, quantiles[MIDDLE])

    def target_record(self, n: int) -> tuple[np.ndarray, np.ndarray] | None:
        """Times [s] and values [m] of a record at a target; None where there is none."""
        if self.records is None:
            return None
        return _known(self.result["time"].values, self.records["target_record"].isel(target=n).values)

    def sensor_record(self, n: int) -> tuple[np.ndarray, np.ndarray] | None:
        """Times [s] and values [m] of the record of a sensor; None where there is none."""
        if self.records is None:
            return None
        return _known(self.records["sensor_time"].values, self.records["sensor_record"].isel(sensor=n).values)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for dataset in (self.result, self.records, self.sharpening):
            if dataset is not None:
                dataset.close()


def is_forecast(directory: Path) -> bool:
    """Whether a directory is the output of `esim forecast run`."""
    return (directory / RESULT).is_file()


def _dataset(path: Path) -> "xr.Dataset | None":
    import xarray as xr

    if not path.is_file():
        return None
    try:
        return xr.open_dataset(path, decode_times=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable NetCDF file ({str(error).splitlines()[0]})") from error


def _bands(time: np.ndarray, quantiles: np.ndarray, expected: np.ndarray) -> Bands:
    outer, inner = (
        (quantiles[first].astype(float), quantiles[last].astype(float)) for first, last in (OUTER, INNER)
    )
    return Bands(time.astype(float), outer, inner, expected.astype(float))


def _known(time: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    there = np.isfinite(values)
    return (time[there].astype(float), values[there].astype(float)) if there.any() else None
