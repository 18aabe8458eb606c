"""How does slip of the unknowns become a finite-fault file? A column for each window; slip back has the rake turned."""

from pathlib import Path

import numpy as np

from esim.io.atomic import whole_file
from esim.io.tables import write_table
from esim.sources.finite_fault import FiniteFault


def write_slip(path: Path, fault: FiniteFault, slip: np.ndarray, starts: np.ndarray, window: float) -> None:
    """Writes slip (W, K) [m] of the subfaults of a fault in windows that start at (W, K) and last so long [s].

    A finite fault cannot slip by less than nothing: what is negative is in a second subfault at the same place, whose
    rake is turned by 180 degrees, so that the motion is the same. Where subfaults open in the fault, these do not.
    """
    place, columns = _place(fault)
    names = [*columns, "rake", "rupture_time", *(f"slip{n + 1}" for n in range(len(slip)))]
    rows = []
    for turn, part in ((0.0, np.maximum(slip, 0.0)), (180.0, np.maximum(-slip, 0.0))):
        for k in np.flatnonzero(part.any(axis=0)):
            rake = (float(fault.rake[k]) + turn) % 360.0
            rows.append([*place[k].tolist(), rake, float(starts[0, k]), *part[:, k].tolist()])
    with whole_file(path) as temporary:
        write_table(temporary, names, rows)
        temporary.write_text("\n".join([*_settings(fault, window), temporary.read_text()]))


def _place(fault: FiniteFault) -> tuple[np.ndarray, list[str]]:
    """Where the subfaults are, (K, n), and the columns for that: corners of triangles, else middles and planes."""
    x, y = ("lon", "lat") if fault.lonlat else ("x", "y")
    if fault.corners is not None:
        return fault.corners.reshape(len(fault.corners), 9), [
            f"{name}{n}" for n in (1, 2, 3) for name in (x, y, "depth")
        ]
    centres = np.array([fault.centre(n) for n in range(fault.x.size)])
    depth = np.array([fault.outline(n)[:, 2].mean() for n in range(fault.x.size)])
    plane = [depth, fault.length, fault.width, fault.strike, fault.dip]
    return np.column_stack([centres, *plane]), [x, y, "depth", "length", "width", "strike", "dip"]


def _settings(fault: FiniteFault, window: float) -> list[str]:
    """The lines before the table; a rigidity that differs between subfaults is none of the file."""
    settings = [f"# window_duration: {window!r}", f"# poisson: {fault.poisson!r}"]
    if fault.corners is None:
        settings.append("# reference: center")
    if np.ptp(fault.rigidity) == 0:
        settings.append(f"# rigidity: {float(np.max(fault.rigidity))!r}")
    return settings
