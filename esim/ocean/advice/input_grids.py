"""Are the files of gridded input what they are taken for? Reference systems, signs, what was assumed."""

from collections.abc import Iterator, Sequence

from esim.config.ocean.root import TsunamiConfig
from esim.errors import InputError
from esim.grids.nested_grid import NestedGrid
from esim.io.gridded.layout import GriddedVariable
from esim.io.gridded.reference import require_same, system_name
from esim.media.layered_elevation import LayeredElevation
from esim.ocean.nesting.grid_level import GridMedia, InitialWater
from esim.sources.ocean import AnySource, InitialState
from esim.sources.ocean.deformation import Deformation

PLATEAU = 1000.0  # m: a grid that lies higher than this on average is rather a sea whose depths were taken for heights


def check_input_grids(
    cfg: TsunamiConfig,
    grids: Sequence[NestedGrid],
    media: Sequence[GridMedia],
    waters: Sequence[InitialWater],
    sources: Sequence[AnySource],
) -> Iterator[str]:
    """Sentences about what was assumed of files on grids, and about files that are not used.

    Raises InputError for a file in another reference system than the grid, and for depths that may be elevations.
    """
    for file in dict.fromkeys(_files(media, sources)):
        yield from file.notes
        yield from _check_system(cfg, file)
    # A state says itself where the water is, be it a lake in the mountains.
    if not any(isinstance(source, InitialState) and source.whole for source in sources):
        known: set[GriddedVariable] = (
            set()
        )  # a nest in the mountains says nothing of a file that the whole grid has
        for nest, medium, water in zip(grids, media, waters, strict=True):
            lowest, mean = (cfg.physics.sea_level + z for z in (-water.deepest, water.mean_height))
            files = [file for file in medium.bathymetry.described if file not in known]
            yield from _check_sign(nest, files, lowest, mean)
            known.update(files)
    seafloor = media[0].bathymetry
    if isinstance(seafloor, LayeredElevation):
        for name in seafloor.unused():
            yield f"bathymetry: {name} lies outside the grid and is not used"


def _files(media: Sequence[GridMedia], sources: Sequence[AnySource]) -> Iterator[GriddedVariable]:
    for medium in media:
        yield from medium.bathymetry.described
        if medium.roughness is not None:
            yield medium.roughness.check()
    for source in sources:
        if isinstance(source, Deformation):
            yield from source.variables


def _check_system(cfg: TsunamiConfig, file: GriddedVariable) -> Iterator[str]:
    """A sentence about a grid that does not say in which reference system it is; a lon/lat file is checked as read."""
    if file.crs is None or file.lonlat:
        return
    system = getattr(cfg.grid, "crs", None)
    if system is None:
        yield f"grid.crs is not given: taken to be {system_name(file.crs)}, that of {file.path.name}"
    else:
        require_same(file.path, file.crs, system, file.x, file.y)


def _check_sign(
    nest: NestedGrid, files: Sequence[GriddedVariable], lowest: float, mean: float
) -> Iterator[str]:
    """Raises InputError, or gives a sentence, where a sea may have been taken for land.

    lowest and mean [m] are the elevation of the lowest cell and the mean one, in the datum of the files.
    """
    unsaid = [file for file in files if file.sign.by not in ("key", "attribute")]
    ask = "say which with positive: down (depths) or positive: up (elevations) beside file"
    whole = nest.parent is None
    if unsaid and lowest > 0 and whole:
        file = unsaid[0]
        raise InputError(
            f"{file.path}: {file.name} is above 0 on all of the grid, taken as elevation, positive up; {ask}"
        )
    doubtful = [file for file in unsaid if file.sign.by in ("", "depth")]
    if not doubtful or mean <= 0:
        return
    file = doubtful[0]
    text = (
        f"grid '{nest.name}' lies {mean:.0f} m high on average, {file.name} taken as elevation, positive up"
    )
    if file.sign.by == "depth" or (mean > PLATEAU and whole):
        raise InputError(f"{file.path}: {text}; {ask}")
    yield f"bathymetry: {text}; if {file.path.name} holds depths, set positive: down"
