"""A small library, built once."""

from pathlib import Path

import pytest
from support.twins import prepared, write_twin

from esim.forecast.build import Prepared, build


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Prepared, Path]:
    """The small forecast and its library."""
    found = prepared(write_twin(tmp_path_factory.mktemp("forecast")))
    return found, build(found, lambda text: None)
