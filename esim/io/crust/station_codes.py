"""By which network, station and location codes do files of seismology know a station? By its name where that fits.

A name is STATION, NETWORK.STATION or NETWORK.STATION.LOCATION, with one or two letters and digits for the network and
two or none for the location, as in SEED (an empty one may be written as --). Without a network it is SY (synthetic).
A station whose code a format cannot hold has another one there, which no other station of its network has.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from esim.config.yaml.suggest import several

NETWORK = "SY"
_NETWORK, _LOCATION = re.compile(r"[A-Za-z0-9]{1,2}"), re.compile(r"[A-Za-z0-9]{2}|--|")


class Code(NamedTuple):
    """Network, station and location code."""

    network: str
    station: str
    location: str = ""

    @property
    def text(self) -> str:
        """NETWORK.STATION or NETWORK.STATION.LOCATION."""
        return ".".join(self if self.location else self[:2])


@dataclass(frozen=True)
class CodeFormat:
    """How many letters the station code of a format holds, and which it cannot hold."""

    name: str
    letters: int
    forbidden: re.Pattern[str]

    def clean(self, station: str) -> str:
        """What the format can hold of a code, however long."""
        plain = unicodedata.normalize("NFKD", station).encode("ascii", "ignore").decode()
        return self.forbidden.sub("", plain)

    def codes(self, names: Sequence[str]) -> list[Code]:
        """The codes of stations by their names, no two alike: theirs wherever the format holds them."""
        meant, times = [_parsed(name) for name in names], Counter[Code]()
        keys = []
        for code in meant:  # two names may mean the same codes: A and SY.A
            keys.append((code.network, code.station, times[code]))
            times[code] += 1
        found: dict[tuple[str, str, int], str] = {}
        taken: set[tuple[str, str]] = set()  # in capitals: not all file systems distinguish cases
        for key in sorted(dict.fromkeys(keys), key=self._rank):
            network, station, _ = key
            free = (one for one in self._candidates(station) if (network, one.upper()) not in taken)
            found[key] = next(free) if self._rank(key)[0] else station
            taken.add((network, found[key].upper()))
        return [code._replace(station=found[key]) for code, key in zip(meant, keys, strict=True)]

    def _rank(self, key: tuple[str, str, int]) -> tuple[bool, bool]:
        """Codes that fit as they are come first, then those of which only letters have to be changed."""
        _, station, again = key
        clean = self.clean(station)
        return again > 0 or clean != station or len(clean) > self.letters, len(clean) > self.letters

    def _candidates(self, station: str) -> Iterator[str]:
        """Codes for a station, the best first: its own, or that without its middle, then with a number at the end."""
        clean = self.clean(station) or "S"
        tail = self.letters // 2 + 1
        yield clean if len(clean) <= self.letters else clean[: self.letters - tail] + clean[-tail:]
        for number in count(2):
            yield clean[: self.letters - len(str(number))] + str(number)


def _parsed(name: str) -> Code:
    """The codes that a name means."""
    parts = name.split(".")
    if len(parts) in (2, 3) and _NETWORK.fullmatch(parts[0]) and parts[1]:
        location = parts[2] if len(parts) == 3 else ""
        if _LOCATION.fullmatch(location):
            return Code(parts[0].upper(), parts[1], location.upper().replace("--", ""))
    return Code(NETWORK, name)


SAC = CodeFormat("SAC", 8, re.compile(r"[^A-Za-z0-9_-]"))
MINISEED = CodeFormat("miniSEED", 5, re.compile(r"[^A-Za-z0-9-]"))


def changed_codes(names: Sequence[str], formats: Sequence[CodeFormat]) -> dict[str, dict[str, str]]:
    """By name of a format: the codes of stations, by their names, which that format cannot hold as they are."""
    meant = [_parsed(name) for name in names]
    return {
        one.name: {
            name: code.text
            for name, code, own in zip(names, one.codes(names), meant, strict=True)
            if code != own
        }
        for one in formats
    }


def changes_warning(changed: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """A sentence about the stations that have other codes in some formats, if there are any."""
    parts = []
    for one in (SAC, MINISEED):
        if codes := changed.get(one.name):
            texts = several([f"'{station}' is {code}" for station, code in codes.items()])
            parts.append(f"in {one.name}, which holds codes of {one.letters} letters and digits, {texts}")
    if parts:
        yield f"stations: {'; '.join(parts)}; all codes are in stations.nc, and those that are changed in run.json"
