"""What connects the nodes of a cluster, where do outputs go, and what power do nodes draw?"""

from pydantic import Field

from esim.config.yaml.section import Section
from esim.config.yaml.units import Bandwidth, Count, Latency, Number, Power


class LinkConfig(Section):
    """Messages between two ranks: latency + size / bandwidth (Hockney 1994)."""

    latency: Latency = Field(default=1e-6, gt=0, description="Time [s] of a message of no length.")
    bandwidth: Bandwidth = Field(
        default=5e9, gt=0, description="Bytes per second [B/s] of long messages, in one direction."
    )


class NetworkConfig(LinkConfig):
    """Messages between nodes, through network cards that the ranks of a node share."""

    latency: Latency = Field(
        default=2e-6, gt=0, description="Time [s] of a message of no length between nodes."
    )
    bandwidth: Bandwidth = Field(
        default=12.5e9, gt=0, description="Bytes per second [B/s] of one network card, in one direction."
    )
    cards: Count = Field(default=1, ge=1, description="Network cards of a node, each with this bandwidth.")
    inside: LinkConfig = Field(default=LinkConfig(), description="Messages between two ranks of one node.")
    overlap: Number = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Part of a transfer that goes on while ranks compute: 1 where network cards move data by "
        "themselves, 0 where MPI only does so while a rank waits in it.",
    )


class DiskConfig(Section):
    """Where outputs go."""

    rate: Bandwidth = Field(default=1e9, gt=0, description="Bytes per second [B/s] that one process writes.")


class PowerConfig(Section):
    """What a node draws from the grid."""

    idle: Power = Field(ge=0, description="Power [W] of a node that waits.")
    busy: Power = Field(gt=0, description="Power [W] of a node that computes.")
