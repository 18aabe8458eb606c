"""What editors need to help with a YAML file."""

from typing import Any

from esim.config.root import Config


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a configuration: every key with its title, description and units."""
    body = Config.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **body, "title": "esim configuration"}
