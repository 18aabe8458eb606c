"""How the manual is built: `make docs`, into docs/_build/html."""

import sys
from pathlib import Path

from esim import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "esim"
author = "the esim developers"
copyright = "the esim developers, BSD-3-Clause"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton", "math_as_mathml", "reference_pages"]
exclude_patterns = ["_build", "_ext", "examples"]
nitpicky = True
nitpick_ignore_regex = [("py:.*", r".*")]  # types in signatures; only what is written as a link has to exist
default_role = "literal"  # in docstrings `this` is code

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True

html_theme = "furo"
html_title = f"esim {release}"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["manual.css"]
html_show_sourcelink = False
copybutton_exclude = ".linenos, .gp, .go"
