"""Which stations do lists without names of columns have? Those of other programs that compute seismograms.

    STATIONS of SPECFEM and AxiSEM       station network latitude longitude elevation burial    degrees, m; or y x [m]
    .stl of the SCEC Broadband Platform  longitude latitude station [vs30 [low high]]           degrees
    .ll, .stlst of OpenSWPC              longitude latitude depth station placement             degrees, km
    .xy of OpenSWPC                      x y depth station placement                            km; x north, y east

Lines that begin with # are comments.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from esim.config.stations.contents import Contents, Row

GROUND = ("dep", "fsb", "obb")  # placements of OpenSWPC: at the depth, below the surface, below the ground


def read_specfem(path: Path) -> Contents:
    """STATIONS: named NETWORK.STATION, buried below the ground; the elevation is that of the topography of the run."""
    rows, raised = [], False
    for where, words in _lines(path, 4, "station network latitude longitude elevation burial"):
        (lat, lon), more = _numbers(where, words[2:4]), _numbers(where, words[4:6])
        degrees = abs(lat) <= 90 and abs(lon) <= 360
        place = {"lon": lon, "lat": lat} if degrees else {"x": lon, "y": lat}
        raised |= more[:1] not in ([], [0.0])
        buried = {"depth": more[1]} if len(more) > 1 and more[1] != 0 else {}
        rows.append(Row(where, {"name": f"{words[1]}.{words[0]}"} | place | buried))
    return Contents(rows, ["elevation"] if raised else [])


def read_positions(path: Path) -> Contents:
    """A list that begins with positions: .stl, unless its fifth column is a placement of OpenSWPC."""
    lines = list(_lines(path, 3, "longitude latitude station, or longitude latitude depth station placement"))
    swpc = path.suffix.lower() != ".stl" or any(
        len(words) > 4 and _placement(words).isalpha() for _, words in lines
    )
    return _read_openswpc(path, lines) if swpc else _read_broadband(lines)


def _read_broadband(lines: list[tuple[str, list[str]]]) -> Contents:
    rows = []
    for where, words in lines:
        lon, lat = _numbers(where, words[:2])
        rows.append(Row(where, {"name": words[2], "lon": lon, "lat": lat}))
    unused = [
        name for n, name in enumerate(("vs30", "frequencies"), start=3) if any(len(w) > n for _, w in lines)
    ]
    return Contents(rows, unused)


def _read_openswpc(path: Path, lines: list[tuple[str, list[str]]]) -> Contents:
    rows, unused = [], dict[str, None]()
    for where, words in lines:
        if len(words) < 4:
            raise ValueError(f"{where}: {len(words)} columns; expected x y depth station placement")
        first, second, depth = _numbers(where, words[:3])
        if path.suffix.lower() == ".xy":
            place = {"x": 1000 * second, "y": 1000 * first}
        else:
            place = {"lon": first, "lat": second}
        placement = _placement(words) if len(words) > 4 else "dep"
        if placement not in GROUND:
            unused[f"placement '{placement}'"] = None
        below = {"depth": 1000 * depth} if placement == "dep" and depth else {}
        rows.append(Row(where, {"name": words[3].strip("'\"")} | place | below))
    return Contents(rows, list(unused))


def _placement(words: list[str]) -> str:
    return words[4].strip("'\"")


def _lines(path: Path, least: int, columns: str) -> Iterator[tuple[str, list[str]]]:
    """Places ("STATIONS, line 7") and words of the lines that are no comments; at least so many words."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a text file in UTF-8 ({error})") from error
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if words and not words[0].startswith("#"):
            where = f"{path.name}, line {number}"
            if len(words) < least:
                raise ValueError(f"{where}: {len(words)} columns; expected {columns}")
            yield where, words


def _numbers(where: str, words: list[str]) -> list[float]:
    try:
        return [float(word) for word in words]
    except ValueError:
        raise ValueError(f"{where}: {' '.join(words)} are not {len(words)} numbers") from None


READERS: dict[str, Callable[[Path], Contents]] = {
    "STATIONS": read_specfem,
    **dict.fromkeys((".stl", ".ll", ".xy", ".stlst"), read_positions),
}
