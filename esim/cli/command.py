"""How is a command declared? With its name, what it does and examples, in the same form for all."""

import argparse
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[Command]"


class Command(argparse.ArgumentParser):
    """One command. Where it takes a list of cases, these may stand before, between and after its options."""

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """As in argparse, which gives a list only what stands together."""
        found, rest = super().parse_known_args(args, namespace)
        if hasattr(found, "cases"):
            found.cases += [word for word in rest if not word.startswith("-")]
            rest = [word for word in rest if word.startswith("-")]
        return found, rest


def add_command(commands: Commands, name: str, help: str, examples: str) -> argparse.ArgumentParser:
    """Adds a command; its options are for the caller to add, and the function that runs it as default of `run`."""
    return commands.add_parser(
        name,
        help=help,
        description=f"{help[0].upper()}{help[1:]}.",
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
