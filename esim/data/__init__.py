"""Where is a data file? Named `data:NAME`, it is in $ESIM_DATA, shipped with esim, or downloaded once.

Names and SHA-256 sums are in registry.txt beside this file, in the form of pooch. Every file found is checked
against its sum. Each sum is followed by the public address of the same bytes, where there is one.
"""

import difflib
import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from esim.errors import InputError

PREFIX = "data:"
STORE = ".zarr"  # suffix of a folder that counts as one file
FOLDER = Path(__file__).parent
REGISTRY = FOLDER / "registry.txt"

# Files that were converted from public ones, and so have no public address of their own.
ORIGINALS = {
    "bathymetry/etopo1_6min_pacific.nc": "ETOPO1 bedrock (NOAA, doi:10.7289/V5C8276M), 100..300 E,"
    " 65 S..65 N, resampled to 0.1 degree",
    "bathymetry/etopo1_1min_tohoku.nc": "ETOPO1 (NOAA, doi:10.7289/V5C8276M), 139..147 E, 34..41 N,"
    " topo/etopo1min139E147E34N41N.asc of github.com/rjleveque/tohoku2011-paper1 turned into NetCDF",
    "bathymetry/nwpacific_4min.nc": "propagation/SWALS/examples/generic_example/japan_dem.tif of"
    " github.com/GeoscienceAustralia/ptha turned into NetCDF",
    "bathymetry/etopo5_global.nc": "data/etopo5.cdf of github.com/NOAA-PMEL/FerretDatasets with"
    " longitudes set to whole twelfths of a degree",
    "bathymetry/etopo20_global.nc": "data/etopo20.cdf of github.com/NOAA-PMEL/FerretDatasets as NetCDF-4",
    "bathymetry/etopo60_global.nc": "data/etopo60.cdf of github.com/NOAA-PMEL/FerretDatasets as NetCDF-4",
    "tohoku2011/gauges/near_field.csv": "the series in examples/tohoku_inversion/observations of"
    " github.com/thetisproject/thetis as one table",
    "tohoku2011/gauges/positions.csv": "examples/tohoku_inversion/stations_elev.csv of"
    " github.com/thetisproject/thetis, columns name, lon, lat",
}


class Known(NamedTuple):
    """A file of the registry: its name, sum, public address, and where it lies (None: not here)."""

    name: str
    sha256: str
    address: str | None
    path: Path | None
    origin: str  # ESIM_DATA, shipped, downloaded, public (comes when it is asked for) or absent


def locate(name: str | os.PathLike[str]) -> Path:
    """The path of a file: of `data:NAME` as told above, of anything else itself, and checked to be there.

    A file under $ESIM_DATA that the registry does not know is taken as it is. Raises InputError: no such
    file, a wrong checksum, or no way to download it.
    """
    text = os.fspath(name)
    if not text.startswith(PREFIX):
        path = Path(text)
        if not (_is_file(path) or (path.suffix == STORE and path.is_dir())):
            raise InputError(f"{path}: no such file")
        return path
    return _find(text.removeprefix(PREFIX))


def _is_file(path: Path) -> bool:
    """Whether there is a file; a name too long for the file system is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def table() -> list[Known]:
    """All files of the registry, and where each was found; checks no sums and downloads nothing."""
    return [_known(name, *entry) for name, entry in registry().items()]


def registry() -> dict[str, tuple[str, str | None]]:
    """SHA-256 sum and public address (None: has none) of every known file, by name."""
    entries = {}
    for line in REGISTRY.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, sha256, *address = line.split()
            entries[name] = sha256.removeprefix("sha256:"), address[0] if address else None
    return entries


def _find(name: str) -> Path:
    if ".." in Path(name).parts or Path(name).is_absolute():
        raise InputError(
            f"{PREFIX}{name}: leaves the folder of data; expected a name below it, or a path without '{PREFIX}'"
        )
    entries = registry()
    if name not in entries:
        return _unregistered(name, list(entries))
    known = _known(name, *entries[name])
    if known.path is not None and known.origin != "downloaded":
        return _verified(known, known.path)
    if known.address is None:
        raise InputError(_not_public(name))
    return _download(known, known.address)


def _unregistered(name: str, names: list[str]) -> Path:
    path = _own(name)
    if path is None:
        near = difflib.get_close_matches(name, names, 1, 0.4)
        hint = f"; did you mean {PREFIX}{near[0]}?" if near else ""
        raise InputError(
            f"{PREFIX}{name}: neither in $ESIM_DATA nor known to esim{hint} (`esim data` lists all)"
        )
    return path


def _known(name: str, sha256: str, address: str | None) -> Known:
    """A registry entry with the first place where the file lies."""
    if own := _own(name):
        return Known(name, sha256, address, own, "ESIM_DATA")
    if _is_file(FOLDER / name):
        return Known(name, sha256, address, FOLDER / name, "shipped")
    if address and _is_file(_cache() / name):
        return Known(name, sha256, address, _cache() / name, "downloaded")
    return Known(name, sha256, address, None, "public" if address else "absent")


def _own(name: str) -> Path | None:
    folder = os.environ.get("ESIM_DATA")
    path = Path(folder).expanduser() / name if folder else None
    return path if path is not None and _is_file(path) else None


def _cache() -> Path:
    import pooch

    return Path(pooch.os_cache("esim"))


def _verified(known: Known, path: Path) -> Path:
    status = path.stat()
    found = _sha256(path, status.st_size, status.st_mtime_ns)
    if found != known.sha256:
        raise InputError(
            f"{path}: not the file that {PREFIX}{known.name} stands for (SHA-256 {found[:12]}..., expected"
            f" {known.sha256[:12]}...); restore it, or give your own file another name"
        )
    return path


@lru_cache
def _sha256(path: Path, size: int, changed: int) -> str:
    """SHA-256 of a file that had this size and time of change, computed once."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _not_public(name: str) -> str:
    folder = os.environ.get("ESIM_DATA")
    where = f"not in $ESIM_DATA ({folder})" if folder else "ESIM_DATA, the folder to look in, is not set"
    if name not in ORIGINALS:
        return f"{PREFIX}{name}: missing from {FOLDER}, where it is installed with esim; install esim again"
    return (
        f"{PREFIX}{name}: {where}, and it cannot be downloaded; it is {ORIGINALS[name]}:"
        " convert that and name the result by its path"
    )


def _download(known: Known, address: str) -> Path:
    """The file from the cache of this user, or into it from its public address; pooch checks the sum."""
    import pooch

    from esim.data.download import download

    store = pooch.create(
        _cache(), base_url="", registry={known.name: known.sha256}, urls={known.name: address}
    )
    try:
        return Path(store.fetch(known.name, downloader=download))
    except (OSError, ValueError) as error:
        no_network = type(error).__name__ in ("ConnectionError", "ConnectTimeout")
        reason = "no connection" if no_network else str(error).splitlines()[0]
        raise InputError(
            f"{PREFIX}{known.name}: cannot be downloaded ({reason}); fetch {address} where there is a"
            f" network, save it as {known.name} in a folder, and set ESIM_DATA to that folder"
        ) from error
