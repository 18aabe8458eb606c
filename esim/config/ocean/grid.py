"""Which cells? A geographic or a Cartesian extent, the size of its cells and its boundary conditions."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from esim.config.cells import (
    WHOLE,
    Range,
    Size,
    Width,
    check_enough,
    check_range,
    count_cells,
    one_or,
)
from esim.config.limits import Cells
from esim.config.ocean.nests import NestConfig, named, place
from esim.config.yaml.section import KeyProblem, Section, kind_of
from esim.config.yaml.suggest import hint, shown
from esim.config.yaml.units import Angle
from esim.grids.grid import SIDES, Grid
from esim.grids.nested_grid import NestedGrid

KINDS = ("open", "sponge", "wall", "periodic", "incident")
LAYER = 10  # cells that absorb along an open side, where there are eight times as many across
POLE = 89.0  # degrees: closer to the pole the cells become needles

Side = Literal["open", "sponge", "wall", "periodic", "incident"]


def _sides(value: Any) -> tuple[str, ...]:
    """One kind for all sides, a list of four, or a mapping by side (open where not named)."""
    if isinstance(value, Mapping):
        return _sides_by_name(value)
    sides = (value,) * 4 if isinstance(value, str) else value
    if not isinstance(sides, list | tuple) or len(sides) != 4:
        raise ValueError(f"expected one kind, or four for west, east, south and north, not {shown(value)}")
    for kind in sides:
        if kind not in KINDS:
            raise ValueError(f"unknown kind {shown(kind)}, {hint(kind, KINDS)}")
    return tuple(sides)


def _sides_by_name(value: Mapping[Any, Any]) -> tuple[str, ...]:
    for side, kind in value.items():
        if side not in SIDES:
            raise KeyProblem(str(side), f"unknown side, {hint(side, SIDES)}")
        if kind not in KINDS:
            raise KeyProblem(side, f"unknown kind {shown(kind)}, {hint(kind, KINDS)}")
    return tuple(value.get(side, "open") for side in SIDES)


def _per_side() -> dict[str, Any]:
    kind = {"enum": list(KINDS)}
    mapping = {"type": "object", "properties": {side: kind for side in SIDES}, "additionalProperties": False}
    return {"anyOf": [kind, {"type": "array", "items": kind, "minItems": 4, "maxItems": 4}, mapping]}


Boundary = Annotated[tuple[Side, Side, Side, Side], BeforeValidator(_sides), WithJsonSchema(_per_side())]


class GridConfig(Section):
    """What both kinds of grid have: boundary conditions and cell counts."""

    boundary: Boundary = Field(
        default=("open", "open", "open", "open"),
        description="open (waves leave through an absorbing layer), sponge (the same with a wider layer), wall, "
        "periodic or incident: one for all sides, four for [west, east, south, north], or a mapping by side (open "
        "where not named).",
    )
    open_cells: Cells | None = Field(
        default=None,
        ge=0,
        description="Width of the absorbing layer inside open sides, in cells, where amplitudes are not to be trusted; "
        f"0: radiation at the side only; null: {LAYER}, or an eighth of the cells across where that is less.",
    )
    sponge_cells: Cells = Field(
        default=20, ge=1, description="Width of the absorbing layer inside sponge sides, in cells."
    )
    solver: Literal["nonlinear", "deep"] = Field(
        default="nonlinear",
        description="nonlinear: shallow-water equations with shores, for any water. deep: linear ones of fourth order, "
        "which lose nothing of a wave on its way and take longer steps, with coasts as walls, for the whole grid; "
        "nests stay nonlinear.",
    )
    nests: tuple[NestConfig, ...] = Field(
        default=(), description="Finer grids inside the grid, or inside a nest listed before."
    )

    @field_validator("nests")
    @classmethod
    def _name_nests(cls, nests: tuple[NestConfig, ...]) -> tuple[NestConfig, ...]:
        return named(nests)

    @abstractmethod
    def build(self) -> Grid:
        """The grid; its cell size divides the extent exactly."""

    def tree(self) -> list[NestedGrid]:
        """The grid and all nests in it, parents before their children."""
        return place(self.build(), self.nests, self.solver)

    def _check_nests(self) -> None:
        try:
            self.tree()
        except KeyProblem as problem:
            raise KeyProblem(("nests", *problem.key), str(problem)) from None

    def _check_sides(self, nx: int, ny: int) -> None:
        self._check_axis(0, 1, nx)
        self._check_axis(2, 3, ny)

    def _check_axis(self, first: int, last: int, cells: int) -> None:
        names = f"{SIDES[first]} to {SIDES[last]}"
        low, high = self.boundary[first], self.boundary[last]
        check_enough(cells, names)
        if (low == "periodic") != (high == "periodic"):
            text = f"{SIDES[first]} '{low}' and {SIDES[last]} '{high}' do not fit: periodic comes in pairs"
            raise KeyProblem("boundary", text)
        for kind, width in (("sponge", self.sponge_cells), ("open", self.open_cells or 0)):
            layers = width * (low, high).count(kind)
            if layers >= cells:
                name = "layers" if kind == "open" else kind
                raise KeyProblem(f"{kind}_cells", f"{layers} cells of {name} fill all {cells} from {names}")
        if sum(self._layer(side, cells) for side in (low, high)) >= cells:
            raise KeyProblem("sponge_cells", f"the absorbing layers fill all {cells} cells from {names}")

    def _layer(self, kind: str, cells: int) -> int:
        """How many cells absorb along a side of a kind, with so many cells across."""
        narrow = min(LAYER, cells // 8)
        return {
            "open": narrow if self.open_cells is None else self.open_cells,
            "sponge": self.sponge_cells,
        }.get(kind, 0)

    @property
    def layers(self) -> tuple[int, int, int, int]:
        """How many cells absorb along the west, east, south and north side."""
        nx, ny = self.cells
        west, east, south, north = (
            self._layer(kind, count) for kind, count in zip(self.boundary, (nx, nx, ny, ny), strict=True)
        )
        return west, east, south, north

    @property
    @abstractmethod
    def cells(self) -> tuple[int, int]:
        """Number of cells (nx, ny)."""


class LonLatGridConfig(GridConfig):
    """An extent in longitude and latitude, edges of the outermost cells, degrees."""

    kind: Literal["lonlat"] = Field(description="lonlat: longitude and latitude in degrees.")
    west: Angle = Field(ge=-360, le=360, description="West edge [degrees east], -180..180 or 0..360.")
    east: Angle = Field(
        ge=-360, le=720, description="East edge [degrees east]; below west, the grid crosses the dateline."
    )
    south: Angle = Field(ge=-90, le=90, description="South edge [degrees north].")
    north: Angle = Field(ge=-90, le=90, description="North edge [degrees north].")
    spacing: Annotated[tuple[Width, Width], *one_or(2)] = Field(
        description="Size of the cells [degrees], such as '4 arcmin': one value or [dlon, dlat]."
    )

    @field_validator("east")
    @classmethod
    def _unwrap(cls, east: float, info: ValidationInfo) -> float:
        """East on the same turn of the globe as west; over half a turn by wrapping must be a mistake."""
        west = info.data.get("west")
        if west is None or west < east <= west + 360 + WHOLE:
            return east
        if east > west:
            raise ValueError(
                f"from west {west:g} to east {east:g} is {east - west:g} degrees; expected at most 360"
            )
        width = (east - west) % 360
        if width == 0:
            raise ValueError(
                f"west {west:g} and east {east:g} are the same meridian; the globe is west: 0, east: 360"
            )
        if width > 180:
            raise ValueError(
                f"from west {west:g} eastward to east {east:g} is {width:g} degrees around the globe: for "
                f"{360 - width:g} degrees write west: {east:g}, east: {east + 360 - width:g}; "
                f"for the wide one write east: {west + width:g}"
            )
        return west + width

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.south >= self.north:
            raise KeyProblem("north", f"{self.north:g} is not north of south, {self.south:g}")
        limit = min(POLE, 90 - self.spacing[1])
        for side, latitude in (("south", self.south), ("north", self.north)):
            if abs(latitude) > limit + WHOLE:
                text = f"{latitude:g} is too near the pole; expected at most {limit:g} degrees north or south"
                raise KeyProblem(side, text)
        self._check_sides(*self.cells)
        if self.boundary[2] == "periodic":
            raise KeyProblem("boundary", "south and north cannot be periodic on a lonlat grid")
        if self.boundary[0] == "periodic" and abs(self.east - self.west - 360) > WHOLE:
            text = (
                f"periodic west and east need the whole globe, 360 degrees; this is {self.east - self.west:g}"
            )
            raise KeyProblem("boundary", text)
        self._check_nests()
        return self

    @property
    def cells(self) -> tuple[int, int]:
        """Number of cells (nx, ny)."""
        nx = count_cells(self.west, self.east, self.spacing[0], ("west", "east"), "degrees")
        return nx, count_cells(self.south, self.north, self.spacing[1], ("south", "north"), "degrees")

    def build(self) -> Grid:
        """The grid; its cell size divides the extent exactly."""
        nx, ny = self.cells
        dx, dy = (self.east - self.west) / nx, (self.north - self.south) / ny
        return Grid("lonlat", self.west, self.south, dx, dy, nx, ny, self.boundary)


class CartesianGridConfig(GridConfig):
    """An extent on a plane, edges of the outermost cells, metres."""

    kind: Literal["cartesian"] = Field(description="cartesian: x towards east and y towards north in metres.")
    x: Range = Field(description="West and east edge [m] as [from, to].")
    y: Range = Field(description="South and north edge [m] as [from, to].")
    spacing: Annotated[tuple[Size, Size], *one_or(2)] = Field(
        description="Size of the cells [m], such as '500 m': one value or [dx, dy]."
    )
    latitude: Angle = Field(
        default=0.0, ge=-90, le=90, description="Latitude of the plane [degrees north], for Coriolis."
    )
    crs: str | None = Field(
        default=None,
        description="Coordinate reference system of x and y, such as EPSG:32654, for exported maps and for faults "
        "in lon and lat; null: none.",
    )

    @field_validator("crs")
    @classmethod
    def _known(cls, crs: str | None) -> str | None:
        if crs is not None:
            from pyproj import CRS
            from pyproj.exceptions import CRSError

            try:
                CRS.from_user_input(crs)
            except CRSError:
                raise ValueError(
                    f"'{crs}' is not a coordinate reference system, such as EPSG:32654"
                ) from None
        return crs

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_range("x", self.x)
        check_range("y", self.y)
        self._check_sides(*self.cells)
        self._check_nests()
        return self

    @property
    def cells(self) -> tuple[int, int]:
        """Number of cells (nx, ny)."""
        nx = count_cells(*self.x, self.spacing[0], ("west", "east"), "m")
        return nx, count_cells(*self.y, self.spacing[1], ("south", "north"), "m")

    def build(self) -> Grid:
        """The grid; its cell size divides the extent exactly."""
        nx, ny = self.cells
        dx, dy = (self.x[1] - self.x[0]) / nx, (self.y[1] - self.y[0]) / ny
        return Grid("cartesian", self.x[0], self.y[0], dx, dy, nx, ny, self.boundary, self.latitude)


OceanGridConfig = Annotated[
    Annotated[LonLatGridConfig, Tag("kind=lonlat")] | Annotated[CartesianGridConfig, Tag("kind=cartesian")],
    Discriminator(kind_of),
]
