"""What is a member of an ensemble? A name, a weight, and the values of the keys in which it differs from the base."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from esim.config.ensemble.root import EnsembleConfig
from esim.config.load import validate
from esim.config.scenario import SimulationConfig
from esim.config.yaml.document import Document, key_of, put
from esim.errors import InputError

FOLDER = "members"  # in the output directory: a folder for each member, by its name


@dataclass(frozen=True)
class Member:
    """A member; values are plain data, as they may stand in the YAML file, by the path of their key.

    weight is that among the members of its branch of a logic tree, and branch_weight that of the branch among all
    branches; without a tree, branch "", all members are of one.
    """

    name: str
    weight: float = 1.0
    values: Mapping[str, Any] = field(default_factory=dict)
    branch: str = ""
    branch_weight: float = 1.0


def member_config(ensemble: EnsembleConfig, document: Document, member: Member) -> SimulationConfig:
    """The configuration of a member, checked as any of its scenario; document is that of the ensemble.

    What is there of an earlier run of the member may be replaced. Raises InputError with a sentence per problem, which
    names the member.
    """
    where, document = f"member '{member.name}'", deepcopy(document)
    for path, value in member.values.items():
        put(document, key_of(path), value, where)
    directory = ensemble.output.directory / FOLDER / member.name
    put(document, ("output", "directory"), str(directory), where)
    put(document, ("output", "overwrite"), True, where)
    try:
        config = validate(document)
    except InputError as error:
        text = str(error)
        raise InputError(text if where in text else f"{where}: {text}") from None
    assert isinstance(config, SimulationConfig)  # the base is one
    return config
