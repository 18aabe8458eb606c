"""What does a medium keep of the one it is derived from? Interfaces and checks."""

from dataclasses import dataclass

from esim.grids.grid3d import Grid3D
from esim.media.crust.medium import Medium


@dataclass(frozen=True)
class Derived:
    """All of a medium but its values, which `sample` of a derived class makes from those of `base`."""

    base: Medium

    @property
    def interfaces(self) -> tuple[float, ...]:
        """Depths [m], rising, at which values jump in every column."""
        return self.base.interfaces

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the user should know of how it was read."""
        return self.base.remarks

    @property
    def layered(self) -> bool:
        """Whether values depend on depth alone."""
        return self.base.layered

    @property
    def detail(self) -> float:
        """Distance of depths [m] between which values run straight, at least."""
        return self.base.detail

    def check(self, grid: Grid3D) -> None:
        """Raises InputError unless the base has a sound value in every cell of the grid."""
        self.base.check(grid)
