"""Is the operator that of the waves? Against a run of the same slip, and in closed forms."""

import numpy as np
import pytest
from support.forecasts import drawn, forward

from esim.forecast.library import read_library
from esim.forecast.operator import depth_change, ramps, window_starts, windowed
from esim.forecast.reciprocity import Response
from esim.forecast.uplift import read_fault, unit_uplifts
from esim.grids.grid import Grid
from esim.validation.studies.forecast_nonlinear import compute

SLIP = ((3.0, 0.0, 6.0, 1.0), (2.0, 4.0, 0.0, 1.0))  # m, in each window of each subfault


def of_slip(folder):
    """The source of SLIP."""
    rows = [
        "lon,lat,depth,length,width,strike,dip,rake,slip1,slip2,rupture_time",
        *(
            f"{x},{y},{z},100000,60000,200,15,90,{SLIP[0][n]},{SLIP[1][n]},0"
            for n, (x, y, z) in enumerate(
                [(143.6, 38.6, 1e4), (143.1, 38.6, 2.5e4), (143.2, 37.7, 1e4), (142.7, 37.7, 2.5e4)]
            )
        ),
    ]
    (folder / "slip.csv").write_text("# window_duration: 60\n" + "\n".join(rows) + "\n")
    source = {"kind": "finite_fault", "file": str(folder / "slip.csv"), "time_step": 10}
    return source | {"kajiura": True, "horizontal_on_slope": True}


def test_records_and_forecasts_are_those_of_a_run(small, tmp_path):
    found, path = small
    library = read_library(path)
    slip = np.array(SLIP).ravel()
    x = np.linalg.solve(library.slip_root, slip - library.slip_mean)
    known = forward(found, of_slip(tmp_path), tmp_path)
    forecast = library.forecast_mean + library.forecast_design @ x
    for n in range(len(found.targets)):
        wave = known[:, len(found.sensors) + n]
        assert np.linalg.norm(forecast[n] - wave) < 0.01 * np.linalg.norm(wave)
    data, times = library.sensor_mean + library.sensor_design @ x, library.sensor_time
    for n, (sensor, place) in enumerate(found.sensors):
        seen, wave = data[n], known[np.round(times[1::2] / 60).astype(int), n]
        if sensor.kind == "pressure":
            rise = found.unknowns.rise(place.x, place.y)
            wave = wave - ramps(times[1::2], found.unknowns.starts, 60.0) @ (np.tile(rise, 2) * slip)
        assert np.linalg.norm(seen[1::2] - wave) < 0.01 * np.linalg.norm(wave)


def test_the_nonlinear_model_sees_nearly_the_same_in_deep_water(small, tmp_path):
    library = read_library(small[1])
    x = drawn(library, 3)
    assert (library.slip_mean + library.slip_root @ x < 0).any()  # slip back is another source
    seen, times = compute(library, x, tmp_path)
    data = library.sensor_mean + library.sensor_design @ x
    for n, name in ((1, "north"), (2, "east")):
        wave = np.interp(library.sensor_time, times, seen[name])
        # The operator has means over humps of 44 km.
        assert np.linalg.norm(data[n] - wave) < 0.3 * np.linalg.norm(wave)
        assert np.corrcoef(data[n], wave)[0, 1] > 0.97


def test_slip_in_a_window_is_the_mean_of_sudden_slip():
    times = np.arange(0.0, 101.0)
    response = Response(times, np.stack([times, times**2], axis=1), 1.0)
    starts = window_starts(np.array([0.0, 5.0]), 2, 10.0)
    assert starts.tolist() == [[0.0, 5.0], [10.0, 15.0]]
    found = windowed(response, np.array([3.0, 50.0]), starts, 10.0)
    # Means of t and of t^2 over what of the window has been: up to 3 s, 3^2 / 2 / 10; at 50 s from 40 to 50.
    assert found[0].tolist() == pytest.approx([0.45, 0.0, 0.0, 0.0])
    assert found[1].tolist() == pytest.approx(
        [45.0, (45**3 - 35**3) / 30, 35.0, (35**3 - 25**3) / 30], rel=1e-3
    )


def test_a_gauge_that_moves_with_the_bed_does_not_see_its_own_rise():
    times, starts = np.array([0.0, 5.0, 20.0]), window_starts(np.zeros(1), 2, 10.0)
    seen = depth_change(np.ones((3, 2)), times, starts, 10.0, np.array([0.4]))
    assert seen == pytest.approx(np.array([[1.0, 1.0], [0.8, 1.0], [0.6, 0.6]]))


def test_sideways_motion_lifts_a_slope_and_land_moves_no_water(small):
    fault = read_fault(small[0].twin.unknowns, small[0].base)
    grid = Grid("lonlat", 140.0, 34.0, 0.25, 0.25, 40, 36)

    def lift(slope, sloped):
        def bed(x, y):
            return np.broadcast_to(-4000.0 - slope * 88e3 * (x - 145.0), (y.size, x.size))

        return unit_uplifts(fault, grid, bed, 1e-3, kajiura=False, horizontal_on_slope=sloped)

    flat, steep = lift(0.0, True), lift(0.012, True)
    assert np.abs(steep.bed - flat.bed).max() > 0.003
    with_land = lift(0.03, False)
    x = grid.x(*with_land.box[2:])
    assert (with_land.surface[:, :, x < 143.4] == 0).all() and np.abs(
        with_land.bed[:, :, x < 143.4]
    ).max() > 0.01
