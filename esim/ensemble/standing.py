"""What is there of a member? Nothing, a part, all of it, or that of another configuration."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any

from esim.ensemble.member import FOLDER, Member
from esim.io.directory import clear_directory, is_finished
from esim.io.provenance import write_record

RECORD = "member.json"  # beside run.json: the values of the member, and what its results belong to


class Standing(Enum):
    """How far a member is."""

    MISSING = "missing"
    BEGUN = "begun"
    COMPLETE = "complete"
    CHANGED = "changed"  # another configuration was computed there


def fingerprint(identity: Mapping[str, Any]) -> str:
    """SHA-256 of what decides the results of a member: its configuration, with the checksums of its files."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def standing(directory: Path, identity: Mapping[str, Any]) -> Standing:
    """How far the member is that belongs into a directory."""
    made = read_member(directory)
    if made is None:
        return Standing.MISSING
    if made.get("fingerprint") != fingerprint(identity):
        return Standing.CHANGED
    return Standing.COMPLETE if is_finished(directory) else Standing.BEGUN


def read_member(directory: Path) -> dict[str, Any] | None:
    """The record of the member in a directory; None where there is none."""
    try:
        found = json.loads((directory / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def sign(directory: Path, member: Member, identity: Mapping[str, Any]) -> None:
    """Says in the directory of a member which it is, before its computation begins."""
    facts = {"name": member.name, "weight": member.weight, "values": dict(member.values)}
    write_record(directory / RECORD, facts | {"fingerprint": fingerprint(identity), "identity": identity})


def find_members(directory: Path) -> list[Path]:
    """The folders of members in the output directory of an ensemble."""
    return sorted(path.parent for path in (directory / FOLDER).glob(f"*/{RECORD}"))


def remove_members(directory: Path) -> None:
    """Removes the members of an earlier ensemble from its output directory; what they do not list as theirs stays."""
    for member in find_members(directory):
        clear_directory(member, [])
        for part in (member / "ocean", member / "crust"):
            clear_directory(part, [])
            with suppress(OSError):  # there is none, or somebody else has files there
                part.rmdir()
        (member / RECORD).unlink(missing_ok=True)
        with suppress(OSError):
            member.rmdir()
