"""A scenario of its own: the seiches of a closed basin, named by what describes a basin."""

import math
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from esim.config import from_dict
from esim.config.ocean.output import OceanOutputConfig
from esim.config.ocean.root import TsunamiConfig
from esim.config.ocean.run import OceanRunConfig
from esim.config.scenario import SimulationConfig
from esim.config.scenarios import SCENARIOS
from esim.config.yaml.section import Section
from esim.config.yaml.units import Length
from esim.drivers.tsunami import Tsunami, TsunamiSetup
from esim.parallel.comm import Comm


class BasinConfig(Section):
    """A basin of one depth with walls all around."""

    length: Length = Field(gt=0, description="Length [m], along x.")
    width: Length = Field(gt=0, description="Width [m].")
    depth: Length = Field(gt=0, description="Depth [m].")
    spacing: Length = Field(gt=0, description="Size of the cells [m].")


class SeicheConfig(SimulationConfig):
    """Complete configuration of scenario seiche."""

    scenario: Literal["seiche"] = Field(description="Scenario: the seiches of a basin.")
    basin: BasinConfig = Field(description="The basin.")
    height: Length = Field(description="Height [m] of a hump of water at its west end.")
    output: OceanOutputConfig = Field(description="Files that the run writes.")
    run: OceanRunConfig = Field(default=OceanRunConfig(), description="Machine and time step.")

    def tsunami(self) -> dict[str, Any]:
        """The same as the configuration of a tsunami."""
        basin, middle = self.basin, self.basin.width / 2
        x, y = [0, basin.length], [0, basin.width]
        hump = {"kind": "hump", "height": self.height, "radius": basin.length / 2}
        return self.model_dump(include={"title", "time", "output", "run"}, mode="json") | {
            "scenario": "tsunami",
            "grid": {"kind": "cartesian", "x": x, "y": y, "spacing": basin.spacing, "boundary": "wall"},
            "bathymetry": {"kind": "flat", "depth": basin.depth},
            "physics": {"manning": 0},
            "source": [hump | {"x": basin.spacing, "y": middle}],
            "stations": [{"name": "end", "x": basin.length - basin.spacing, "y": middle}],
        }


class Seiche(Tsunami):
    """A tsunami in a basin, whose plan has the period by which its seiche is known."""

    def check(self, config: SeicheConfig, comm: Comm, elsewhere: bool = False) -> TsunamiSetup:
        """Find everything that can be known to be wrong before a run."""
        tsunami = from_dict(config.tsunami())
        assert isinstance(tsunami, TsunamiConfig)
        return super().check(tsunami, comm, elsewhere)

    def describe(self, setup: TsunamiSetup) -> list[str]:
        """The plan of a run, Merian's period before all else."""
        grid = setup.levels[0].grid
        period = merian_period(grid.nx * grid.dx, setup.levels[0].water.deepest)
        return [f"first seiche   {period:.4g} s", *super().describe(setup)]


def merian_period(length: float, depth: float) -> float:
    """2 L / sqrt(g h) [s] of a basin of a length L and a depth h [m] (Merian 1828)."""
    return 2 * length / math.sqrt(9.81 * depth)


# What is drawn of a run is what is drawn of a tsunami.
SCENARIOS["seiche"] = replace(
    SCENARIOS["tsunami"], config=f"{__name__}:SeicheConfig", driver=f"{__name__}:Seiche"
)
