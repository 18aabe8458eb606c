"""What moves in the crust: a velocity of the surface, or on a plane."""

from typing import TYPE_CHECKING

from esim.analysis.animation.moving import Moving, cropped, sample, variable
from esim.analysis.crust import medium
from esim.analysis.crust.figures import map_marks, wavefield
from esim.analysis.figures import chart, marks
from esim.analysis.figures.look import Look
from esim.analysis.reading.run import Run
from esim.config.yaml.suggest import hint
from esim.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def moving(run: Run, what: str | None, plane: str | None, look: Look) -> Moving:
    """The velocity `what` (vx, vy, vz; by default the one that tells most) of the surface, or of a plane by its name.

    Raises InputError if the run has no snapshots of it.
    """
    if plane is not None and plane not in run.planes:
        raise InputError(f"--plane {plane}: the run has no such plane, {hint(plane, list(run.planes))}")
    dataset = run.fields if plane is None else run.planes[plane]
    file = "fields.nc" if plane is None else f"plane_{plane}.nc"
    known = [name for name in wavefield.WORDS if dataset is not None and name in dataset]
    variable(dataset, what or (known[0] if known else "vz"), f"{run.directory}/{file}")
    if what is not None and what not in known:
        raise InputError(f"--what {what}: is no velocity, {hint(what, known)}")
    view = wavefield.view(run, plane or "", what)
    if view.axis != "depth" and look.extent is not None:
        raise InputError(f"--extent is for maps, and the plane '{plane}' is none")
    if view.axis == "depth":
        view = view._replace(field=cropped(view.field, look.extent))
    span = wavefield.span(sample(view.field).values)
    unit = medium.unit(span, "m/s")
    norm = wavefield.root_norm(chart.nice(span * unit.factor, (1, 2, 5)))
    box = medium.box(view.field)

    def dress(axes: "Axes") -> None:
        wavefield.frame(axes, view, view.field[0], box)
        if view.axis == "depth":
            map_marks.shore(axes, map_marks.coast(run, box))
            marks.scale_bar(axes, degrees=False)
        wavefield.source_marks(axes, run, view, box)

    words = f"{view.words} ({unit.name})"
    title = medium.heading(run, f"{view.where}{medium.resolved(run)}", look)
    colours, ticks = look.colours("RdBu_r"), wavefield.root_ticks(norm.vmax)
    return Moving(view.field, unit.factor, words, title, colours, norm, dress, ticks)
