"""Which scenarios are there, and where do their parts live? Each is imported only when a run asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from esim.config.scenario import ScenarioConfig
from esim.config.yaml.section import Section


@dataclass(frozen=True)
class Scenario:
    """Where the parts of a scenario live, as "module:name"."""

    config: str  # the root of its configuration
    driver: str  # how it is run, an esim.drivers.driver.Driver
    figures: str  # what `esim plot` draws of a finished run
    hazard: str  # the tables that `esim hazard` writes
    movie: str  # what `esim animate` shows of it
    report: str  # the sections that `esim report` writes of it
    layers: str = ""  # what `esim export` writes of it as points, lines and polygons; "": what its parts have

    def load_config(self) -> type[ScenarioConfig]:
        """The root of its configuration."""
        found: type[ScenarioConfig] = load_part(self.config)
        return found


SCENARIOS = {
    "tsunami": Scenario(
        config="esim.config.ocean.root:TsunamiConfig",
        driver="esim.drivers.tsunami:Tsunami",
        figures="esim.analysis.ocean.figures.draw:draw",
        hazard="esim.analysis.ocean.hazard.tables:write",
        movie="esim.analysis.ocean.movie:moving",
        layers="esim.analysis.ocean.layers:layers",
        report="esim.analysis.report.ocean.sections:sections",
    ),
    "seismic": Scenario(
        config="esim.config.crust.root:SeismicConfig",
        driver="esim.drivers.seismic:Seismic",
        figures="esim.analysis.crust.figures.draw:draw",
        hazard="esim.analysis.crust.hazard.tables:write",
        movie="esim.analysis.crust.movie:moving",
        layers="esim.analysis.crust.layers:layers",
        report="esim.analysis.report.crust.sections:sections",
    ),
    "coupled": Scenario(
        config="esim.config.coupled.root:CoupledConfig",
        driver="esim.drivers.coupled:Coupled",
        figures="esim.analysis.coupled.figures.draw:draw",
        hazard="esim.analysis.coupled.hazard:write",
        movie="esim.analysis.coupled.movie:moving",
        report="esim.analysis.report.coupled.sections:sections",
    ),
    "ensemble": Scenario(
        config="esim.config.ensemble.root:EnsembleConfig",
        driver="esim.drivers.ensemble.ensemble:Ensemble",
        figures="esim.analysis.ensemble.figures.draw:draw",
        hazard="esim.analysis.ensemble.tables:write",
        movie="esim.analysis.ensemble.of_members:moving",
        layers="esim.analysis.ensemble.of_members:layers",
        report="esim.analysis.report.ensemble.sections:sections",
    ),
}

# The root of what `esim forecast build` reads, which is no run and names no scenario.
FORECAST = "esim.config.forecast.root:TwinConfig"


def load_part(place: str) -> Any:
    """What "module:name" names."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def config_roots() -> Mapping[str, type[Section]]:
    """The roots of all configurations, of the scenarios and of a forecast, by name."""
    return {name: scenario.load_config() for name, scenario in SCENARIOS.items()} | {
        "forecast": load_part(FORECAST)
    }
