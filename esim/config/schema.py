"""What editors need to help with a YAML file."""

from typing import Any

from pydantic.json_schema import models_json_schema

from esim.config.reference import all_keys
from esim.config.scenarios import config_roots


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a configuration: every key with its title, description, bounds and an example.

    It is one of the schemas of the scenarios, which `scenario` tells apart, or that of a forecast, which has none.
    """
    places, body = models_json_schema([(model, "validation") for model in config_roots().values()])
    for key in all_keys():
        if key.field and key.examples:
            model, name = key.field
            body["$defs"][model.__name__]["properties"][name].setdefault("examples", list(key.examples))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "esim configuration",
        "oneOf": list(places.values()),
        **body,
    }
