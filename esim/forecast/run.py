"""From a library and records to a forecast: the data that fit, the posterior, waves and warnings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from esim.analysis.ocean.hazard.warning_levels import green
from esim.backends.array_module import NUMPY, ArrayModule
from esim.config.ocean.warning_levels import WarningLevels
from esim.config.yaml.suggest import several
from esim.errors import InputError
from esim.forecast.library import Library
from esim.forecast.lifted_water import LiftedWater, lifted_water
from esim.forecast.moment import Moment, below_cap, moment_of
from esim.forecast.posterior import Gaussian, Posterior
from esim.forecast.records import Record, data_of, remarks
from esim.forecast.sensor_check import Verdict, wrong_sensors
from esim.forecast.waves import Extremes, Forecaster, Waves

SIZES = (0.025, 0.5, 0.975)  # probabilities of a smaller earthquake
MISFIT = 2.0  # root mean square of whitened data from which the noise of the library is called too small


@dataclass(frozen=True, eq=False)
class Forecast:
    """What is known at a time [s]: the posterior of x below the cap, its moment, waves and extremes at the targets.

    uncut is the posterior before the cap; moment is that of slip, lifted that of uplift, the other is None. data
    (sensors, times) [m] are those that were used; texts what the user should know of them,
    done what was assumed of the record of each sensor and done to it.
    """

    until: float
    data: np.ndarray
    count: int
    misfit: float
    x: Gaussian
    uncut: Gaussian
    moment: Moment | None
    lifted: LiftedWater | None
    waves: Waves
    extremes: Extremes
    wrong: tuple[Verdict, ...]
    texts: tuple[str, ...]
    done: tuple[str, ...]

    def line(self) -> str:
        """What is said of it while records are replayed."""
        wrong = f"; without {several([one.sensor for one in self.wrong])}" if self.wrong else ""
        return f"{self.until / 60:5.1f} min  {self.count:6,} data  {self.size()}{wrong}"

    def sizes(self) -> tuple[str, list[float | None]]:
        """What says how large it is, and its quantiles of 2.5, 50 and 97.5 %: Mw of slip, volume [km3] of uplift."""
        if self.moment is not None:
            return "Mw", [self.moment.magnitude(one) for one in SIZES]
        assert self.lifted is not None
        return "volume lifted", [float(one) / 1e9 for one in np.quantile(self.lifted.volume, SIZES)]

    def size(self) -> str:
        """How large it is, with its interval of 95 %, in words."""
        name, values = self.sizes()
        low, middle, high = ("none" if one is None else f"{one:.2f}" for one in values)
        return f"{name} {middle}{'' if name == 'Mw' else ' km3'} ({low} to {high})"

    def level_probabilities(self, library: Library, levels: WarningLevels, depth: float | None) -> np.ndarray:
        """Probability of each level, that of none first, (M, L + 1); of heights at a depth [m] by Green's law."""
        highest = heights(library, self.extremes.highest, depth)
        thresholds = np.array([level.above for level in levels.levels])
        above = (highest[:, :, None] > thresholds).mean(axis=1)
        edges = np.hstack([np.ones((len(above), 1)), above, np.zeros((len(above), 1))])
        return np.asarray(edges[:, :-1] - edges[:, 1:])


class Watch:
    """A forecast that is sharpened as records grow; what was computed for less data is kept."""

    def __init__(
        self,
        library: Library,
        records: Mapping[str, Record],
        module: ArrayModule = NUMPY,
        *,
        keep: bool = False,
        exclude: tuple[str, ...] = (),
    ) -> None:
        """keep: wrong sensors are named and used all the same; exclude are names of sensors that are not used."""
        if unknown := [name for name in exclude if name not in library.sensors]:
            raise InputError(
                f"'{unknown[0]}' is no sensor of the library, which has {several(library.sensors)}"
            )
        self._library, self._keep = library, keep
        self._records = {name: record for name, record in records.items() if name not in exclude}
        self._posterior, self._forecaster = Posterior(library, module), Forecaster(library, module)

    def forecast(self, until: float) -> Forecast:
        """The forecast from data up to a time [s]; raises InputError where there are too few."""
        library = self._library
        data = data_of(library, self._records, until)
        texts = list(remarks(library, self._records, data))
        wrong = tuple(wrong_sensors(library, data))
        texts += [f"{verdict.sentence()}; it is {'used' if self._keep else 'left out'}" for verdict in wrong]
        if not self._keep:
            data[[library.sensors.index(verdict.sensor) for verdict in wrong]] = np.nan
        self._posterior.update(data)
        whole, moment, waves = self.sharpen()
        misfit = self._posterior.misfit()
        if misfit > MISFIT:
            texts.append(
                f"the records are {misfit:.1f} times as far from the model as noise says, so bands are too narrow; "
                "build the library with a larger noise.relative"
            )
        return Forecast(
            until,
            data,
            self._posterior.count,
            misfit,
            below_cap(whole, moment),
            whole,
            moment,
            lifted_water(library, whole),
            waves,
            self._forecaster.extremes(whole, moment),
            wrong,
            tuple(texts),
            tuple(
                "; ".join(self._records[name].done) if name in self._records else ""
                for name in library.sensors
            ),
        )

    def sharpen(self) -> tuple[Gaussian, Moment | None, Waves]:
        """The posterior by the data so far before its moment is cut, the moment, and the waves."""
        whole = self._posterior.gaussian()
        moment = moment_of(self._library, whole)
        return whole, moment, self._forecaster.waves(below_cap(whole, moment))


def last_time(library: Library, records: Mapping[str, Record], until: float | None) -> float:
    """The time [s] up to which there are data of the library, or up to which they are wanted, whichever is earlier."""
    mine = [records[name] for name in library.sensors if name in records]
    ends = [record.time[-1] + record.ahead for record in mine if record.time.size]
    last = min(max(ends, default=0.0), float(library.sensor_time[-1]))
    return last if until is None else min(until, last) if last > 0 else until


def follow(library: Library, watch: Watch, end: float, every: float = 60.0) -> Iterator[Forecast]:
    """Forecasts every minute up to an end [s], from the first for which there are enough data; raises InputError."""
    first = np.ceil(max(float(library.about["window"]), library.every) / every) * every
    begun = False
    for until in [*np.arange(first, end, every), end]:
        try:
            found = watch.forecast(float(until))
        except InputError:
            if begun or until == end:  # before, there may be too few data
                raise
        else:
            begun = True
            yield found


def heights(library: Library, highest: np.ndarray, depth: float | None) -> np.ndarray:
    """Elevations (M, S) [m], those of targets at the coast taken to a depth [m] by Green's law; None: as they are."""
    if depth is None:
        return highest
    at_coast = green(highest, library.target_depth[:, None], depth)
    return np.where(library.target_coastal[:, None] == 1, at_coast, highest)


def summary(library: Library, found: Forecast, levels: WarningLevels, depth: float | None) -> Iterator[str]:
    """What is printed of a forecast."""
    yield f"data           {found.count:,} up to {found.until / 60:.3g} min"
    for text in found.texts:
        yield f"               {text}"
    yield f"{'magnitude' if found.lifted is None else 'uplift':<15}{found.size()}"
    if found.lifted is not None:
        low, middle, high = np.quantile(found.lifted.energy, SIZES)
        yield f"energy         {middle:.2g} J ({low:.2g} to {high:.2g}), of the water that was lifted"
    where = "" if depth is None else f", at the coast at {depth:g} m of depth by Green's law"
    yield f"highest wave   with 95 % of probability{where}; arrival; level ({levels.name})"
    highest = heights(library, found.extremes.highest, depth)
    names = [levels.none, *(level.name for level in levels.levels)]
    chances = found.level_probabilities(library, levels, depth)
    width = max(len(name) for name in library.targets)
    for n, name in enumerate(library.targets):
        a, b, c = np.quantile(highest[n], (0.025, 0.5, 0.975))
        best = int(chances[n].argmax())
        arrival = found.extremes.arrival_quantiles()[2, n]
        when = "no wave" if np.isinf(arrival) else f"{arrival / 60:4.0f} min"
        level = f"{names[best]} ({100 * chances[n, best]:.0f} %)"
        yield f"  {name:{width}} {b:6.2f} m ({a:.2f} to {c:.2f})  {when}  {level}"
