"""How is plain data written as YAML?"""

from io import StringIO
from typing import Any

from ruamel.yaml import YAML


def to_yaml(data: Any) -> str:
    """Plain data as YAML: short mappings and lists on one line, as people write them; no line end at its end."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None  # only the innermost collections
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 4096  # never in the middle of one
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    yaml.dump(data, stream)
    return stream.getvalue().removesuffix("\n").removesuffix("\n...")
