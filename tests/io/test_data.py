"""Files by name: where they are looked for, and that they are the right ones."""

import csv
import functools
import hashlib
import http.server
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from esim import data
from esim.data import download
from esim.errors import InputError
from esim.io.gridded import reader

SUM = hashlib.sha256(b"waves\n").hexdigest()
NOWHERE = "http://127.0.0.1:9/waves.txt"


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """No ESIM_DATA, an empty cache, and a registry of three files."""
    monkeypatch.delenv("ESIM_DATA", raising=False)
    monkeypatch.setattr(data, "_cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(download, "SCHEMES", ("http",))  # of a server of the test

    def register(**addresses):
        lines = [f"sea/{name}.txt sha256:{SUM} {address}".rstrip() for name, address in addresses.items()]
        path = tmp_path / "registry.txt"
        path.write_text("# name, sum, address\n" + "\n".join(lines) + "\n")
        monkeypatch.setattr(data, "REGISTRY", path)

    register(waves=NOWHERE, calm="", storm=NOWHERE)
    return register


@pytest.fixture
def own(tmp_path, monkeypatch, alone):
    """A folder for ESIM_DATA with the file sea/waves.txt."""
    folder = tmp_path / "own"
    (folder / "sea").mkdir(parents=True)
    (folder / "sea" / "waves.txt").write_bytes(b"waves\n")
    monkeypatch.setenv("ESIM_DATA", str(folder))
    return folder


def test_other_names_are_paths(tmp_path):
    path = tmp_path / "mine.nc"
    path.touch()
    assert data.locate(path) == data.locate(str(path)) == path
    with pytest.raises(InputError, match=r"none.nc: no such file"):
        data.locate(tmp_path / "none.nc")


def test_esim_data_comes_first_and_is_verified(own):
    assert data.locate("data:sea/waves.txt") == own / "sea/waves.txt"
    (own / "sea/waves.txt").write_bytes(b"other\n")
    with pytest.raises(InputError, match=r"waves.txt: not the file that data:sea/waves.txt stands for"):
        data.locate("data:sea/waves.txt")


def test_unregistered_files_in_esim_data_are_taken(own):
    (own / "mine.nc").touch()
    assert data.locate("data:mine.nc") == own / "mine.nc"


def test_unknown_name_suggests_a_near_one(alone):
    with pytest.raises(InputError, match=r"nor known to esim; did you mean data:sea/waves.txt\?"):
        data.locate("data:sea/wave.txt")


def test_files_are_downloaded_once_and_verified(tmp_path, alone):
    served = tmp_path / "served"
    served.mkdir()
    (served / "waves.txt").write_bytes(b"waves\n")
    (served / "storm.txt").write_bytes(b"not the waves\n")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        alone(waves=f"{address}/waves.txt", storm=f"{address}/storm.txt", gone=f"{address}/gone.txt")
        path = data.locate("data:sea/waves.txt")
        with pytest.raises(InputError, match=r"data:sea/storm.txt: cannot be downloaded .*hash"):
            data.locate("data:sea/storm.txt")
        with pytest.raises(InputError, match=r"data:sea/gone.txt: cannot be downloaded .*404"):
            data.locate("data:sea/gone.txt")
        server.shutdown()
    assert path.is_relative_to(tmp_path / "cache") and path.read_bytes() == b"waves\n"
    assert data.locate("data:sea/waves.txt") == path
    assert {known.name: known.origin for known in data.table()}["sea/waves.txt"] == "downloaded"


def test_without_a_network_the_error_says_what_to_do(alone):
    with pytest.raises(InputError) as caught:
        data.locate("data:sea/waves.txt")
    text = str(caught.value)
    assert "\n" not in text and "(no connection)" in text
    assert f"fetch {NOWHERE}" in text and "save it as sea/waves.txt" in text and "set ESIM_DATA" in text


def test_files_without_an_address_say_where_they_come_from(monkeypatch, tmp_path):
    monkeypatch.setenv("ESIM_DATA", str(tmp_path))
    with pytest.raises(InputError, match=r"not in \$ESIM_DATA .* it is propagation/SWALS.*japan_dem.tif"):
        data.locate("data:bathymetry/nwpacific_4min.nc")
    monkeypatch.delenv("ESIM_DATA")
    with pytest.raises(InputError, match=r"ESIM_DATA, the folder to look in, is not set"):
        data.locate("data:bathymetry/nwpacific_4min.nc")


def test_table_tells_where_each_file_is(own):
    assert [(known.name, known.origin, known.path) for known in data.table()] == [
        ("sea/waves.txt", "ESIM_DATA", own / "sea/waves.txt"),
        ("sea/calm.txt", "absent", None),
        ("sea/storm.txt", "public", None),
    ]


def test_every_registered_file_has_a_way_to_get_it():
    shipped = {path.name for path in data.FOLDER.iterdir()}
    for name, (sha256, address) in data.registry().items():
        assert len(sha256) == 64
        assert (address or "").startswith("https://") or name in data.ORIGINALS or name in shipped
    assert set(data.ORIGINALS) <= set(data.registry())


def test_registry_is_read_by_pooch():
    import pooch

    store = pooch.create("unused", base_url="")
    store.load_registry(data.REGISTRY)
    assert set(store.registry) == set(data.registry())
    assert store.urls == {name: address for name, (_, address) in data.registry().items() if address}


# What is shipped


@pytest.mark.parametrize("name", ["../secret.nc", "sea/../../secret.nc", "/etc/passwd"])
def test_a_name_does_not_leave_the_folder(own, name):
    (own.parent / "secret.nc").touch()
    with pytest.raises(InputError, match="leaves the folder of data"):
        data.locate(f"data:{name}")


def test_only_https_and_the_host_of_the_registry_are_followed(alone, monkeypatch):
    class Redirecting(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            target = {"/waves.txt": "http://localhost:9/waves.txt", "/storm.txt": "/storm.txt"}[self.path]
            self.send_response(302)
            self.send_header("Location", target)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        alone(waves=f"{address}/waves.txt", storm=f"{address}/storm.txt")
        with pytest.raises(InputError, match="127.0.0.1 redirects to another host, localhost"):
            data.locate("data:sea/waves.txt")
        with pytest.raises(InputError, match="it was redirected 5 times"):
            data.locate("data:sea/storm.txt")
        monkeypatch.undo()
        server.shutdown()
    with pytest.raises(ValueError, match="http://127.0.0.1 is not https"):
        download.download(f"{address}/waves.txt", "never.txt")


@pytest.fixture
def shipped(monkeypatch):
    monkeypatch.delenv("ESIM_DATA", raising=False)
    return lambda name: data.locate(f"data:{name}")


def test_shipped_relief_covers_the_northwestern_pacific(shipped):
    path = shipped("etopo1_nwpacific_6min.nc")
    assert path.stat().st_size < 1_500_000
    source = reader.describe(path, None, True)
    assert source.name == "elevation" and source.units == "m" and not source.positive_down
    assert source.resolution == pytest.approx((0.1, 0.1))
    x, y = np.array([148.694, 152.583, 152.1167, 138.73]), np.array([38.711, 42.617, 30.5153, 35.36])
    depths = [reader.read_field(path, None, x[k : k + 1], y[k : k + 1], True)[0, 0] for k in range(4)]
    np.testing.assert_allclose(depths[:3], [-5709, -5276, -5895], atol=3)
    assert depths[3] > 1000  # Mount Fuji


def test_shipped_records_hold_the_published_first_crests(shipped):
    """First crests after the shaking: 1.873 m at 1956 s, 0.664 m at 3996 s, 0.774 m at 4836 s."""
    with shipped("tohoku2011_dart.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    for station, height, time in (("21418", 1.873, 1956), ("21401", 0.664, 3996), ("21413", 0.774, 4836)):
        t = np.array([float(row["time"]) for row in rows if row["station"] == station])
        eta = np.array([float(row["eta"]) for row in rows if row["station"] == station])
        assert np.all(np.diff(t) > 0) and t[0] < 120 and 14300 < t[-1] <= 14400
        crest = np.flatnonzero(t > 1500)[np.argmax(eta[t > 1500])]
        assert (eta[crest], t[crest]) == (pytest.approx(height, abs=6e-4), time)


@pytest.mark.skipif("ESIM_DATA" not in os.environ, reason="needs ESIM_DATA")
def test_registered_files_in_esim_data_are_the_right_ones():
    there = [known for known in data.table() if known.origin == "ESIM_DATA"]
    assert there
    for known in there:
        assert data.locate(f"data:{known.name}") == Path(os.environ["ESIM_DATA"]) / known.name
