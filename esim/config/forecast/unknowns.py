"""What can be found? Slip on the subfaults of a file, or the uplift of cells of the seafloor, over windows of time."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from esim.config.limits import Rigidity, RiseTime
from esim.config.ocean.water import RegionConfig
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import Section, kind_of
from esim.config.yaml.units import Count


class WindowedConfig(Section):
    """What both kinds of unknowns have."""

    windows: Count = Field(default=1, ge=1, le=100, description="Number of windows, one after the other.")
    window: RiseTime = Field(
        default=60.0, gt=0, description="Length [s] of a window, in which slip, or uplift, grows linearly."
    )
    kajiura: bool | None = Field(
        default=None,
        description="Filter the uplift with Kajiura's low-pass filter of the water column; null: as the first fault of "
        "base does, true where it has none.",
    )


class SlipConfig(WindowedConfig):
    """Slip of each subfault in each window; place, size, strike, dip and rake are those of the file."""

    kind: Literal["slip"] = Field(default="slip", description="slip: of the subfaults of a file.")
    fault: InputFile = Field(
        description="Finite-fault file, in any format of source.finite_fault.file, relative to the configuration, or "
        "data:NAME. Its slip is not used."
    )
    start: Literal["origin", "file"] = Field(
        default="origin",
        description="When the first window begins. origin: at the origin time, on all subfaults; file: at the rupture "
        "time of the subfault in the file.",
    )
    horizontal_on_slope: bool | None = Field(
        default=None,
        description="Add the uplift due to horizontal displacement of a sloping seafloor; null: as the first fault of "
        "base does, true where it has none.",
    )
    rigidity: Rigidity | None = Field(
        default=None, gt=0, description="Rigidity [Pa] for the seismic moment; null: that of the file."
    )


class UpliftConfig(WindowedConfig):
    """Uplift of each cell of the seafloor in each window, whatever has caused it; no fault is assumed."""

    kind: Literal["uplift"] = Field(description="uplift: of cells of the seafloor, no fault.")
    area: RegionConfig = Field(description="Where the seafloor may have moved; of it, what is under water.")
    cells: Count = Field(
        default=2,
        ge=1,
        le=100,
        description="Cells of the grid of base along each side of a square of the seafloor that moves as one.",
    )


def _kind_or_slip(value: Any) -> str:
    """The tag of a kind; slip where none is given."""
    return kind_of({"kind": "slip", **value} if isinstance(value, Mapping) else value)


UnknownsConfig = Annotated[
    Annotated[SlipConfig, Tag("kind=slip")] | Annotated[UpliftConfig, Tag("kind=uplift")],
    Discriminator(_kind_or_slip),
]
