"""Which earthquakes can be found? Slip on the subfaults of a file, over several windows of time."""

from typing import Literal

from pydantic import Field

from esim.config.limits import Rigidity, RiseTime
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import Section
from esim.config.yaml.units import Count


class UnknownsConfig(Section):
    """Slip of each subfault in each window; place, size, strike, dip and rake are those of the file."""

    fault: InputFile = Field(
        description="Finite-fault file, in any format of source.finite_fault.file, relative to the configuration, or "
        "data:NAME. Its slip is not used."
    )
    windows: Count = Field(default=1, ge=1, le=100, description="Number of windows, one after the other.")
    window: RiseTime = Field(
        default=60.0, gt=0, description="Length [s] of a window, in which slip grows linearly."
    )
    start: Literal["origin", "file"] = Field(
        default="origin",
        description="When the first window begins. origin: at the origin time, on all subfaults; file: at the rupture "
        "time of the subfault in the file.",
    )
    kajiura: bool | None = Field(
        default=None,
        description="Filter the uplift with Kajiura's low-pass filter of the water column; null: as the first fault of "
        "base does, true where it has none.",
    )
    horizontal_on_slope: bool | None = Field(
        default=None,
        description="Add the uplift due to horizontal displacement of a sloping seafloor; null: as the first fault of "
        "base does, true where it has none.",
    )
    rigidity: Rigidity | None = Field(
        default=None, gt=0, description="Rigidity [Pa] for the seismic moment; null: that of the file."
    )
