"""Do the examples in docstrings give what they say?"""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import esim

TOP = Path(esim.__file__).parent
MODULES = sorted(
    ".".join(("esim", *path.relative_to(TOP).with_suffix("").parts))
    for path in TOP.rglob("*.py")
    if "    >>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings(name: str) -> None:
    failed, tried = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS)
    assert tried and not failed
