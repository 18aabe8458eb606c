"""How is the displacement of the surface recorded? As snapshots, or low-passed: what drives a tsunami."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from esim.crust.medium.ground import Ground
from esim.crust.model import Crust
from esim.crust.output.low_pass import WINDOWS, LowPass
from esim.crust.output.sea_surface import SeaSurfaceMotion
from esim.crust.output.surface_motion import SurfaceMotion
from esim.crust.output.surface_slip import inject_surface_slip
from esim.crust.sources.build import CrustSource
from esim.crust.sources.injection import SourceInjection
from esim.io.gridded.frame import Frame
from esim.io.maps import MapWriter
from esim.timestepping.clock import Clock
from esim.variables.crust import DISPLACEMENT, SEA_SURFACE

# Called with the number of a record, its time [s] and this rank's part of it, (components, nj, ni) as in the file.
FrameObserver = Callable[[int, float, np.ndarray], None]


class ColumnState(Protocol):
    """What has arrays (rows, nj, ni) on the owned columns that belong to a checkpoint."""

    def state(self) -> dict[str, np.ndarray]:
        """The arrays by name."""

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Restore the arrays of a checkpoint."""


class DisplacementRecorder:
    """surface_displacement.nc: ux, uy, uz of the ground and the seafloor, and sea_uz where `sea` is given.

    Records are `every` steps apart, multiples of it from time zero, which is `early` steps after the beginning of the
    run. Low-passed ones (see esim.crust.output.low_pass) begin with one at rest and end with the displacement at the
    end of the run; others are snapshots, and begin after `hidden` steps. observers are called with every record on
    every rank, in order and as soon as it is complete; in a resumed run, from the first one that its checkpoint lacks.
    Records are numbered from the first one of the run.
    """

    def __init__(
        self,
        crust: Crust,
        motion: SurfaceMotion,
        sea: SeaSurfaceMotion | None,
        every: int,
        early: int = 0,
        hidden: int = 0,
        low_pass: bool = False,
    ) -> None:
        self.every, self.hidden = every, low_pass  # hidden: whether records begin before the run is shown
        self.names = (*DISPLACEMENT, *(SEA_SURFACE if sea is not None else ()))
        self.observers: list[FrameObserver] = []
        self._crust = crust
        self._early, self._interval, self._backend, self._sea = early, every * crust.dt, crust.backend, sea
        self._fields = [motion.displacement, *([] if sea is None else [sea.displacement])]
        self._first, self._means = (hidden - early) // every + 1, list[LowPass]()
        if low_pass:
            names = "displacement_means", "sea_surface_means"
            self._means = [
                LowPass(crust.backend, field, every, early, name)
                for field, name in zip(self._fields, names, strict=False)
            ]
            self._first = self._means[0].first
        self._step = 0
        self._surface = motion.displacement
        self._slip: SourceInjection | None = None

    def follow_slip(self, ground: Ground, layers: np.ndarray, sources: Sequence[CrustSource]) -> None:
        """Let ground over slip that is shallower than a cell move with it; layers (nj, ni) are the first of rock."""
        self._slip = inject_surface_slip(self._crust, ground, layers, sources, self._surface)

    def open(
        self,
        writer: MapWriter,
        frame: Frame,
        blocks: Sequence[Any],
        dtype: str,
        elevation: np.ndarray | None,
    ) -> None:
        """Open the file for the parts of all ranks; elevation of the ground [m] is this rank's, None where level."""
        static = None if elevation is None else "elevation"
        self._elevation = elevation
        self.file = writer.snapshots(
            "surface_displacement",
            frame,
            blocks,
            self.names,
            dtype=dtype,
            static=static,
            attributes=self._about(),
            more=self._methods(),
        )

    @property
    def columns(self) -> list[ColumnState]:
        """What a checkpoint has of it, beside the motion of the surface."""
        return [*([] if self._sea is None else [self._sea]), *self._means]

    def begin(self) -> None:
        """Write what does not change."""
        if self._elevation is not None:
            self.file.put("elevation", self._elevation)

    def record(self, clock: Clock) -> None:
        """Take up the displacement after the step that was just done, once the motion of the surface has."""
        self._step = clock.step
        if self._slip is not None:
            self._slip.add(clock.step - self._early)
        if self._sea is not None:
            self._sea.update()
        for means in self._means:
            means.add(clock.step - self._early)
        if self._means and clock.step == 1:
            self._put(self._first, 0, [np.zeros_like(self._backend.to_host(field)) for field in self._fields])

    def write(self, clock: Clock) -> None:
        """Write the record that is complete after the step that was just done, a multiple of `every`."""
        step = clock.step - self._early
        if self._means:
            self._put(step // self.every - 2, clock.step, [means.take(step) for means in self._means])
        else:
            self._put(step // self.every, clock.step, [*map(self._backend.to_host, self._fields)], clock.time)

    def finish(self, ending: Mapping[str, Any]) -> None:
        """Write the records that reach beyond the end of the run; ending are attributes that tell how it ended."""
        left = [means.rest(self._step - self._early) for means in self._means]
        for parts in zip(*left, strict=True):
            self._put(parts[0][0], self._step, [part for _, part in parts])
        self.file.annotate(ending)

    def _put(self, record: int, step: int, parts: Sequence[np.ndarray], time: float | None = None) -> None:
        """Append a record, counted in intervals from time zero, and hand it to the observers."""
        values = np.concatenate(parts)
        if self._sea is not None:
            values[-1][~self._sea.wet] = np.nan
        time = record * self._interval if time is None else time
        self.file.append(time, step)
        for name, component in zip(self.names, values, strict=True):
            self.file.put(name, component)
        for observe in self.observers:
            observe(record - self._first, time, values)

    def _about(self) -> dict[str, Any]:
        """Attributes of the file that say what its records are."""
        width = WINDOWS * self._interval if self._means else 0.0
        text = (
            f"mean over a Hann window of {width:g} s around the time of a record (zero phase): half is left of waves "
            f"of this period, nothing at {width / 2:g} s, at most 2.7 % below"
        )
        return {
            "record_interval": self._interval,
            "low_pass_width": width,
            "low_pass": text if self._means else "none: displacement at the time of a record",
        }

    def _methods(self) -> dict[str, str]:
        """Attributes of the variables beside those of their names."""
        width = WINDOWS * self._interval
        return {"cell_methods": f"time: mean (Hann window of {width:g} s)"} if self._means else {}
