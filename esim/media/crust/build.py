"""Which medium does the configuration describe?"""

from esim.config.crust.medium import MediumConfig
from esim.data import locate
from esim.grids.grid3d import Grid3D
from esim.grids.projection import Projection
from esim.media.crust.medium import Medium
from esim.media.crust.models import model_file
from esim.media.crust.models.draped import Draped, Elevation
from esim.media.crust.models.gradient import Gradient
from esim.media.crust.models.gridded import Gridded
from esim.media.crust.models.layers import layers, quality
from esim.media.crust.models.minimum_vs import LeastVs
from esim.media.crust.models.quality_factor import QualityFromVs
from esim.media.crust.models.von_karman import VonKarman


def build(
    section: MediumConfig, grid: Grid3D, projection: Projection | None, elevation: Elevation | None = None
) -> Medium:
    """The medium of a section of the configuration, with its heterogeneity, least vs and Q, in this order.

    elevation(x, y) is the height of the ground [m] of topography, from which a draped model counts its depths.
    projection is needed for files in longitude and latitude. Raises InputError if a file is missing or wrong;
    `check` of the medium says whether it covers the grid.
    """
    medium = _plain(section, projection, elevation is not None)
    if elevation is not None and section.draped:
        medium = Draped(medium, elevation, grid)
    if section.random is not None:
        r = section.random
        medium = VonKarman(medium, grid, r.sigma, r.correlation, r.hurst, r.seed, r.limit)
    if section.min_vs is not None:
        medium = LeastVs(medium, section.min_vs)
    if section.q_from_vs is not None:
        medium = QualityFromVs(medium, section.q_from_vs.qs_per_km_s, section.q_from_vs.qp_over_qs)
    return medium


def _plain(section: MediumConfig, projection: Projection | None, topography: bool) -> Medium:
    match section.kind:
        case "layers":
            return layers(section.layers, section.scaling)
        case "model":
            return model_file.read(locate(section.file), section.scaling)
        case "gradient":
            values = (section.vp, section.vs, section.rho, quality(section.qp), quality(section.qs))
            return Gradient(values, (section.vp_gradient, section.vs_gradient, section.rho_gradient))
        case "grid":
            return Gridded(locate(section.file), projection, section.scaling, fill=topography)
