"""Where on the map? Either lon and lat, or x and y."""

from typing import Self

from pydantic import Field, model_validator

from esim.config.yaml.section import Section
from esim.config.yaml.units import Angle, Length


class PointConfig(Section):
    """A position: lon and lat [degrees] on a lonlat grid, x and y [m] on a cartesian one."""

    lon: Angle | None = Field(
        default=None, ge=-720, le=720, description="Longitude [degrees east], either convention."
    )
    lat: Angle | None = Field(default=None, ge=-90, le=90, description="Latitude [degrees north].")
    x: Length | None = Field(default=None, description="Position towards east [m], on a cartesian grid.")
    y: Length | None = Field(default=None, description="Position towards north [m], on a cartesian grid.")

    @model_validator(mode="after")
    def _one_pair(self) -> Self:
        given = [key for key in ("lon", "lat", "x", "y") if getattr(self, key) is not None]
        if given not in (["lon", "lat"], ["x", "y"]):
            raise ValueError(f"needs lon and lat, or x and y; it has {' and '.join(given) or 'neither'}")
        return self

    @property
    def lonlat(self) -> bool:
        """Whether the position is in degrees."""
        return self.lon is not None

    @property
    def position(self) -> tuple[float, float]:
        """(lon, lat) [degrees] or (x, y) [m]."""
        x, y = (self.lon, self.lat) if self.lonlat else (self.x, self.y)
        assert x is not None and y is not None  # by _one_pair
        return x, y
