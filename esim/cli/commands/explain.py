"""`esim explain` and `esim schema`: what may a YAML file say? For people, and for editors."""

import argparse

from esim.cli.command import Commands, add_command


def add(commands: Commands) -> None:
    """Adds the commands and their options."""
    _add_explain(commands)
    _add_schema(commands)


def _add_explain(commands: Commands) -> None:
    command = add_command(
        commands,
        "explain",
        "say what a key of the YAML file means: type, unit, default, bounds, choices, an example",
        "  esim explain                        the sections\n"
        "  esim explain source.okada\n"
        "  esim explain grid.boundary\n"
        "  esim explain seismic.physics        of one scenario\n",
    )
    command.add_argument("key", metavar="KEY", nargs="?", help="path of a key (default: list the sections)")
    command.set_defaults(run=_run_explain)


def _add_schema(commands: Commands) -> None:
    command = add_command(
        commands,
        "schema",
        "print the JSON schema of the configuration, with which editors complete and check YAML",
        "  esim schema > esim.schema.json\n"
        "  then, as first line of a YAML file:  # yaml-language-server: $schema=esim.schema.json\n",
    )
    command.set_defaults(run=_run_schema)


def _run_explain(options: argparse.Namespace) -> None:
    from esim.tools.explain import explain

    explain(options.key)


def _run_schema(options: argparse.Namespace) -> None:
    import json

    from esim.config import schema

    print(json.dumps(schema(), indent=2))
