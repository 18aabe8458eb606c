"""What do the outputs of all scenarios have in common?"""

from pathlib import Path
from typing import Literal

from pydantic import AfterValidator, Field

from esim.config.limits import BetweenCheckpoints, Interval
from esim.config.yaml.paths import OutputDirectory
from esim.config.yaml.section import KeyProblem, Section
from esim.config.yaml.units import Count

MOST_RECORDS = 1e8  # of one output in a run


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    for n, name in enumerate(names):
        if name in names[:n]:
            raise ValueError(f"'{name}' is named twice")
    return names


ONCE = AfterValidator(_once)  # a list in which nothing may be named twice


class SnapshotsConfig(Section):
    """Every kind of snapshots."""

    every: Interval = Field(description="Simulated time [s] between snapshots.")
    significant_bits: Count | None = Field(
        default=None, ge=1, le=23, description="Significant bits of the mantissa, for small files; null: all."
    )


class CheckpointConfig(Section):
    """Checkpoints to resume from."""

    every: BetweenCheckpoints = Field(description="Simulated time [s] between checkpoints.")


class DirectoryConfig(Section):
    """Where the files of any scenario are written."""

    directory: OutputDirectory = Field(
        description="Directory of the outputs, relative to the current directory."
    )
    overwrite: bool = Field(default=False, description="Replace the outputs of an earlier run.")

    @property
    def files(self) -> tuple[Path, ...]:
        """Input files: the directory, which is written, is none."""
        return tuple(file for file in super().files if file != self.directory)


class OutputConfig(DirectoryConfig):
    """What every scenario that is computed in steps of time says about its files."""

    format: Literal["auto", "netcdf", "zarr"] = Field(
        default="auto",
        description="Format of maps (snapshots, maxima): netcdf, one file, gathered on one rank; zarr, a store of many "
        "files, into which all ranks write at once; auto: zarr where a map has 256 MiB or more.",
    )
    compression: Count = Field(
        default=1, ge=0, le=9, description="Compression level of zlib (NetCDF) or zstd (Zarr), 0: none."
    )
    checkpoint: CheckpointConfig | None = Field(
        default=None, description="Checkpoints to resume from; null: none."
    )


def check_records(output: OutputConfig, duration: float) -> None:
    """Raise KeyProblem for what would be written more often than any disk holds in so many seconds."""
    for name in type(output).model_fields:
        value = getattr(output, name)
        for n, section in enumerate(value if isinstance(value, tuple) else (value,)):
            every = getattr(section, "every", None)
            if every is not None and "every" in section.model_fields_set and duration / every > MOST_RECORDS:
                key = (name, n, "every") if isinstance(value, tuple) else (name, "every")
                text = f"{every:g} s are {duration / every:.3g} records in {duration:g} s"
                raise KeyProblem(("output", *key), f"{text}; expected at most {MOST_RECORDS:g}")
