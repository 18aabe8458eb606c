"""Kernels on their own, for tests that compare backends: what of the crust is compiled, and how."""

import numpy as np

from esim.crust.layout import intersect
from esim.crust.sweep import constants
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.kernels.crust import anelastic, elastic
from esim.kernels.kernel import Part
from esim.validation.kernel_catalogue import (
    BODIES,
    MEMORIES,
    OCEAN,
    VOLUME,
    compute_ocean,
    crust_arrays,
    crust_box,
    crust_layer,
    ocean_cuts,
)

# A kernel takes seconds to compile for a CPU, so the CPU sees every body in both precisions and every variant, not
# every combination of them.
CRUST_COMPILED = [("float32", 4, "plain"), ("float64", 4, "reduced_order"), ("float32", 8, "near_surface")]
CRUST_TINY = (6, 6, 9)  # cells for the simulator, which takes a tenth of a millisecond for a thread
PACKED_TINY = (6, 6, 8)  # the same where, with their halo, rows of words fill whole values
RELAXING = tuple(name for name in BODIES if "relax" in name)


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].dtype == value.dtype
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def changed_by_cuts(machine):
    """Arrays that are others when a box is computed in three parts."""
    kernel = OCEAN["step with everything"]
    expected, found = (compute_ocean(machine, kernel, boxes=boxes) for boxes in ((), ocean_cuts(kernel)))
    return [name for name, value in expected.items() if (found[name] != value).any()]


def upper(values):
    """Words of 16 bits that begin as float32 do."""
    return (np.asarray(values, np.float32).view(np.uint32) >> 16).astype(np.uint16)


def compute_packed(machine, order, variant, names=RELAXING, size=VOLUME, cuts=(None,)):
    """All arrays by name after the kernels that relax have run on each cut, memory variables kept in 16 bits."""
    given = crust_arrays(machine.dtype, size, order, variant)
    shared = {name: machine.from_host(value) for name, value in given.items()}
    for name in MEMORIES:
        words = machine.zeros((*given[name].shape[:2], given[name].shape[2] * 2 // machine.dtype.itemsize))
        shared[name] = words.view(np.uint16)
        shared[name][...] = machine.from_host(upper(given[name]))
    grid = Grid3D(Grid("cartesian", 0.0, 0.0, 90.0, 110.0, 20, 20, ("open",) * 4), 20, 100.0)
    p = machine.constants(constants(machine.dtype, grid, order, 0.008))
    for name in names:
        kernel = elastic.kernel(
            f"{name}_bf16",
            *BODIES[name],
            order=order,
            variant=variant,
            changes=anelastic.BF16,
            packed=MEMORIES,
        )
        box, own = crust_layer(name, crust_box(size, order))
        more = {key: machine.from_host(value) for key, value in own.items()}
        more |= dict(zip(("k0", "j0", "i0"), (first for first, _ in box), strict=True))
        parts = [Part(kernel, intersect(box, cut) if cut else box, shared | more) for cut in cuts]
        for part in parts:
            machine.bind_sweep([], [part], 0, p)()
    return {name: np.array(machine.to_host(value)) for name, value in shared.items()}
