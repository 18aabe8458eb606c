"""How fast is each kind of work here? Small runs are stepped, and their least times fitted.

A step takes a time for each update and one for each call: two sizes of a run tell them apart. Kinds that come on top
of others are the difference of two runs.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any

from esim.config.scenario import ScenarioConfig
from esim.drivers import samples
from esim.drivers.messages import silenced
from esim.drivers.run import driver_of, prepared
from esim.errors import MachineError
from esim.parallel.comm import SerialComm
from esim.planning.kinds import KINDS
from esim.planning.rates import Way, keep

Costs = tuple[float, float]  # seconds for an update and for a call
OCEAN_STEPS, CRUST_STEPS = 20, 50  # in a block: as many as between two checks of stability
SECONDS, BLOCKS = 0.5, 3  # each run is stepped for so long at least, and for so many blocks
SMALL, LARGE = 40, 700  # cells along a side of an ocean
NEST_LARGE, NEST_PART, NEST_RATIO = 300, 0.5, 3  # of an ocean with a nest in its middle
POINTS_SMALL, POINTS_LARGE = 24, 112  # points along a side of a crust
LAYER = 10  # points of an absorbing layer
STATIONS, SOURCES = 200, 200
SNAPSHOTS = 3  # fewer than may wait for the writer


class Bench:
    """Times of steps of the sample runs; each is measured once."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self._folder = tempfile.TemporaryDirectory()
        # The time of a thread alone does not count what other programs take of its core.
        self._now = time.thread_time if way.threads == 1 and way.backend != "cuda" else time.perf_counter
        self.ocean = cache(partial(self._step, samples.ocean, OCEAN_STEPS))
        self.crust = cache(partial(self._step, samples.crust, CRUST_STEPS))

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def config(self, make: Callable[..., ScenarioConfig], n: int, **changes: str) -> ScenarioConfig:
        """A sample run; changes are sections as JSON, so that they can be told apart."""
        folder = Path(tempfile.mkdtemp(dir=self._folder.name))
        given = {name: json.loads(text) for name, text in changes.items()}
        return make(self.way, folder / "out", n, **given)

    def _step(self, make: Callable[..., ScenarioConfig], steps: int, n: int, **changes: str) -> float:
        """The least time [s] of a step of a sample run."""
        config = self.config(make, n, **changes)
        driver = driver_of(config)
        with prepared(driver, driver.check(config, SerialComm())) as run:
            for _ in range(steps):  # what is compiled and recorded at first is no part of it
                run.simulation.advance()
            run.backend.synchronize()
            least, begun, blocks = float("inf"), time.perf_counter(), 0
            while blocks < BLOCKS or time.perf_counter() - begun < SECONDS:
                started = self._now()
                for _ in range(steps):
                    run.simulation.advance()
                run.backend.synchronize()
                least = min(least, self._now() - started)
                blocks += 1
            run.outputs.abandon()
        return least / steps

    def output(self) -> tuple[float, float]:
        """Seconds for each byte of snapshots: to gather them, and to compress and write them."""
        fields = {"fields": {"every": samples.DURATION, "variables": ["eta"]}}
        config = self.config(samples.ocean, LARGE, output=json.dumps(fields))
        driver = driver_of(config)
        with prepared(driver, driver.check(config, SerialComm())) as run:
            run.simulation.advance()
            run.outputs.writer.flush()
            clock = run.simulation.clock
            started, busy = time.thread_time(), time.process_time()
            for _ in range(SNAPSHOTS):
                run.outputs.snapshot(clock)
            handed = time.thread_time() - started
            run.outputs.writer.flush()
            written = time.process_time() - busy - handed
            run.outputs.abandon()
        size = SNAPSHOTS * LARGE**2 * 4
        return handed / size, max(written, 0.0) / size


def _fit(times: tuple[float, float], amounts: tuple[float, float]) -> Costs:
    """Seconds for an update and for a call from the times [s] of a small and a large amount of updates."""
    each = max(0.0, (times[1] - times[0]) / (amounts[1] - amounts[0]))
    return each, max(0.0, times[0] - each * amounts[0])


def _text(**sections: Any) -> dict[str, str]:
    return {name: json.dumps(section) for name, section in sections.items()}


def _ocean(bench: Bench, **changes: Any) -> Costs:
    """An ocean with some changes."""
    given = _text(**changes)
    return _fit((bench.ocean(SMALL, **given), bench.ocean(LARGE, **given)), (SMALL**2, LARGE**2))


def _beyond(costs: Costs, base: Costs) -> Costs:
    """What one costs more than another."""
    return max(0.0, costs[0] - base[0]), max(0.0, costs[1] - base[1])


def _ocean_option(bench: Bench, **changes: Any) -> Costs:
    return _beyond(_ocean(bench, **changes), _ocean(bench))


def _absorbing(bench: Bench) -> Costs:
    """Layers along open sides, for each cell in them, and at all."""
    open_sides = _text(grid={"boundary": "open"})
    west, east, south, north = bench.config(samples.ocean, SMALL, **open_sides).grid.layers  # type: ignore[attr-defined]
    more = [max(0.0, bench.ocean(n, **open_sides) - bench.ocean(n)) for n in (SMALL, LARGE)]
    cells = [n**2 - (n - west - east) * (n - south - north) for n in (SMALL, LARGE)]
    return _fit((min(more), more[1]), (cells[0], cells[1]))


def _arrivals(bench: Bench) -> Costs:
    timed = _ocean(bench, output={"maxima": {"variables": ["eta_max", "eta_max_time"]}})
    return _beyond(timed, _ocean(bench, output={"maxima": {}}))


def _structures(bench: Bench) -> Costs:
    def along(n: int) -> dict[str, str]:
        end = (n - 2) * samples.CELL
        return _text(
            structures=[{"points": [[2 * samples.CELL, 2 * samples.CELL], [end, end]], "crest": -100}]
        )

    times = bench.ocean(SMALL, **along(SMALL)), bench.ocean(LARGE, **along(LARGE))
    return _beyond(_fit(times, (SMALL**2, LARGE**2)), _ocean(bench))


@cache
def _dispersion(bench: Bench) -> tuple[Costs, Costs]:
    """The solution's beginning and end, and each of its sweeps."""
    found = []
    for tolerance in (0.3, 0.003):
        physics = {"dispersion": "serre", "dispersion_tolerance": tolerance}
        config = bench.config(samples.ocean, SMALL, **_text(physics=physics))
        setup: Any = driver_of(config).check(config, SerialComm())
        found.append((setup.levels[0].water.sweeps, _ocean_option(bench, physics=physics)))
    (few, cheap), (many, dear) = found
    sweep = max(0.0, (dear[0] - cheap[0]) / (many - few)), max(0.0, (dear[1] - cheap[1]) / (many - few))
    rest = max(0.0, cheap[0] - few * sweep[0]), max(0.0, cheap[1] - few * sweep[1])
    return rest, sweep


def _nests(bench: Bench) -> Costs:
    """What a nest and its parent exchange in a step of the parent, for each cell of the nest, and at all."""
    each, call = _ocean(bench)
    extra, cells = [], []
    for n in (SMALL, NEST_LARGE):
        first, last = round(n * NEST_PART / 2) * samples.CELL, round(n * (1 - NEST_PART / 2)) * samples.CELL
        box = [first, last]
        nest = {"x": box, "y": box, "ratio": NEST_RATIO, "activation_threshold": None}
        given = _text(grid={"nests": [nest]})
        config = bench.config(samples.ocean, n, **given)
        setup: Any = driver_of(config).check(config, SerialComm())
        own, substeps = setup.levels[1].grid.nx * setup.levels[1].grid.ny, setup.levels[1].substeps
        stepping = each * n**2 + call + substeps * (each * own + call)
        extra.append(max(0.0, bench.ocean(n, **given) - stepping))
        cells.append(own)
    return _fit((extra[0], extra[1]), (cells[0], cells[1]))


def _crust(bench: Bench, **changes: Any) -> Costs:
    """A crust with some changes."""
    given = _text(**changes)
    sizes = POINTS_SMALL, POINTS_LARGE
    times = bench.crust(sizes[0], **given), bench.crust(sizes[1], **given)
    return _fit(times, (sizes[0] ** 3, sizes[1] ** 3))


def _crust_option(bench: Bench, amount: float, **changes: Any) -> Costs:
    """What a change costs for each of so many updates, in the large crust."""
    given = changes.pop("beside", {})
    with_it, without = (bench.crust(POINTS_LARGE, **_text(**one)) for one in (given | changes, given))
    return max(0.0, with_it - without) / amount, 0.0


def _layers(bench: Bench, kind: str, **beside: Any) -> Costs:
    """Absorbing layers at four sides and below, for each point in them; corners count once for each layer."""
    boundary = {"kind": kind, "cells": LAYER}
    return _crust_option(bench, 5 * LAYER * POINTS_LARGE**2, boundary=boundary, beside=beside)


def _few(bench: Bench, amount: int, **changes: Any) -> Costs:
    """What a change costs for each of so many things, in a small crust, whose steps do not hide it."""
    with_them, without = (bench.crust(POINTS_SMALL, **_text(**one)) for one in (changes, {}))
    return max(0.0, with_them - without) / amount, 0.0


def _surface(bench: Bench) -> Costs:
    """Motion and maxima of the ground, for each column, and at all."""
    with_it, without = _text(output={"maxima": {}}), _text()
    small, large = (
        max(0.0, bench.crust(n, **with_it) - bench.crust(n, **without)) for n in (POINTS_SMALL, POINTS_LARGE)
    )
    return _fit((small, max(small, large)), (POINTS_SMALL**2, POINTS_LARGE**2))


def _low_pass(bench: Bench) -> Costs:
    """Means over time of the displacement of the ground, for each column."""
    records = {"every": samples.DURATION / 1e4}  # none is written
    with_it, without = (
        bench.crust(POINTS_LARGE, **_text(output={"surface_displacement": records | more}))
        for more in ({"low_pass": True}, {})
    )
    return max(0.0, with_it - without) / POINTS_LARGE**2, 0.0


def _stations(bench: Bench) -> Costs:
    size = POINTS_SMALL * samples.POINT
    places = [
        {"name": f"S{n}", "x": size * (0.1 + 0.8 * n / STATIONS), "y": size * 0.4} for n in range(STATIONS)
    ]
    return _few(bench, STATIONS, stations=places, output={"stations": {"every": 0.1}})


def _sources(bench: Bench) -> Costs:
    size = POINTS_SMALL * samples.POINT
    places = [samples.explosion(size * (0.1 + 0.8 * n / SOURCES), size / 2, size / 2) for n in range(SOURCES)]
    return _few(bench, SOURCES, source=places)


PATCH = {"initial": [{"x": samples.CELL, "y": samples.CELL, "radius": samples.CELL}]}
COARSE: dict[str, Any] = {"attenuation": "coarse"}
CONVENTIONAL: dict[str, Any] = {"attenuation": "conventional"}
SHORT: dict[str, Any] = {"physics": {"memory_variable_precision": "bfloat16"}}
MEASUREMENTS: dict[str, Callable[[Bench], Costs]] = {
    "ocean": _ocean,
    "ocean: deep solver": partial(_ocean, grid={"solver": "deep"}),
    "ocean: maxima": partial(_ocean_option, output={"maxima": {}}),
    "ocean: arrival times": _arrivals,
    "ocean: absorbing layers": _absorbing,
    "ocean: tracer": partial(_ocean_option, physics={"tracer": PATCH}),
    "ocean: structures": _structures,
    "ocean: adaptive steps": partial(_ocean_option, run={"adaptive": True}),
    "ocean: dispersion": lambda bench: _dispersion(bench)[0],
    "ocean: dispersion sweeps": lambda bench: _dispersion(bench)[1],
    "ocean: nests": _nests,
    "crust: elastic": _crust,
    "crust: coarse attenuation": partial(_crust, **COARSE),
    "crust: coarse attenuation, bfloat16": partial(_crust, **COARSE, **SHORT),
    "crust: conventional attenuation": partial(_crust, **CONVENTIONAL),
    "crust: conventional attenuation, bfloat16": partial(_crust, **CONVENTIONAL, **SHORT),
    "crust: CPML": partial(_layers, kind="cpml"),
    "crust: CPML, coarse attenuation": partial(_layers, kind="cpml", **COARSE),
    "crust: CPML, conventional attenuation": partial(_layers, kind="cpml", **CONVENTIONAL),
    "crust: eighth order": partial(_crust_option, amount=POINTS_LARGE**3, physics={"order": 8}),
    "crust: sponge": partial(_layers, kind="sponge"),
    "crust: surface": _surface,
    "crust: low-pass of the surface": _low_pass,
    "crust: stations": _stations,
    "crust: sources": _sources,
    "output": lambda bench: (bench.output()[0], 0.0),
    "output: compression": lambda bench: (bench.output()[1], 0.0),
}
USUAL = (  # what most runs have
    "ocean",
    "ocean: maxima",
    "ocean: absorbing layers",
    "ocean: nests",
    "crust: elastic",
    "crust: coarse attenuation",
    "crust: CPML",
    "crust: CPML, coarse attenuation",
    "crust: surface",
    "crust: stations",
    "output",
    "output: compression",
)


def measurable(kinds: Iterable[str]) -> list[str]:
    """Those of some kinds that can be measured."""
    return [kind for kind in KINDS if kind in set(kinds) and kind in MEASUREMENTS]


def measure(way: Way, kinds: Iterable[str], say: Callable[[str], None] = lambda _: None) -> dict[str, Costs]:
    """Measure kinds of work here and keep their rates; of several ranks on a node all are busy at once."""
    wanted = measurable(kinds)
    if way.ranks > 1:
        found = _together(way, wanted, say)
        keep(way, found)
        return found
    return _alone(way, wanted, say, lambda kind, costs: keep(way, {kind: costs}))


def _alone(
    way: Way,
    kinds: Iterable[str],
    say: Callable[[str], None],
    done: Callable[[str, Costs], Any] = lambda *_: None,
) -> dict[str, Costs]:
    found = {}
    with silenced(), Bench(way) as bench:  # what a run would warn of is no news of these
        for kind in kinds:
            begun = time.perf_counter()
            found[kind] = MEASUREMENTS[kind](bench)
            done(kind, found[kind])
            say(f"{kind}: {_rate(found[kind])}, measured in {time.perf_counter() - begun:.1f} s")
    return found


def _rate(costs: Costs) -> str:
    each, call = costs
    return f"{each * 1e9:.3g} ns for each" + (f" and {call * 1e6:.3g} us at all" if call else "")


def _together(way: Way, kinds: list[str], say: Callable[[str], None]) -> dict[str, Costs]:
    """As many processes at once as there are ranks on a node; the mean of what they find."""
    request = json.dumps([way._replace(ranks=1), kinds])
    command = [sys.executable, "-m", "esim.drivers.measure", request]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(way.ranks)]
    answers = []
    for one in running:
        text, _ = one.communicate()
        if one.returncode:
            raise MachineError(f"a process that measured rates ended with code {one.returncode}")
        answers.append(json.loads(text))
    found = {}
    for kind in kinds:
        each, call = (sum(answer[kind][n] for answer in answers) / way.ranks for n in (0, 1))
        found[kind] = each, call
        say(f"{kind}: {_rate(found[kind])}, on each of {way.ranks} ranks at once")
    return found


def main(request: str) -> None:
    """One of several processes that measure at once: prints what it finds."""
    way, kinds = json.loads(request)
    print(json.dumps(_alone(Way(*way), kinds, lambda _: None)))


if __name__ == "__main__":
    main(sys.argv[1])
