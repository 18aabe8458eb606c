"""How does a file come from its public address? By https, from the host that the registry names and no other."""

import itertools
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

SCHEMES = ("https",)
REDIRECTS = 5
LARGEST = 10_000_000_000  # bytes; the largest file of the registry has far fewer
PATIENCE = 30.0  # s without an answer
CHUNK = 1 << 20


def download(address: str, output: Any, _pooch: Any = None) -> None:
    """Write what is at an address into a file, as pooch wants it done (which checks the sum of the file).

    Raises ValueError for another scheme, a redirect to another host or scheme, or a file without end, and OSError
    where the network fails.
    """
    import requests

    host = urlsplit(address).hostname
    for count in itertools.count():
        _require_same(address, host)
        with requests.get(address, stream=True, timeout=PATIENCE, allow_redirects=False) as answer:
            if answer.is_redirect:
                if count == REDIRECTS:
                    raise ValueError(f"it was redirected {REDIRECTS} times")
                address = urljoin(address, answer.headers["location"])
                continue
            answer.raise_for_status()
            _write(answer, Path(output))
            return


def _require_same(address: str, host: str | None) -> None:
    parts = urlsplit(address)
    if parts.scheme not in SCHEMES:
        raise ValueError(f"{parts.scheme}://{parts.hostname} is not {' or '.join(SCHEMES)}")
    if parts.hostname != host:
        raise ValueError(f"{host} redirects to another host, {parts.hostname}")


def _write(answer: Any, path: Path) -> None:
    size = 0
    with path.open("wb") as file:
        for chunk in answer.iter_content(CHUNK):
            size += len(chunk)
            if size > LARGEST:
                raise ValueError(f"it has more than {LARGEST / 1e9:g} GB")
            file.write(chunk)
