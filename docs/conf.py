"""How the documentation is built: Markdown by MyST, warnings are errors (`tox run -e docs`)."""

import shutil
from importlib import metadata
from pathlib import Path
from typing import Any

project = "napari-mrsr"
author = "The napari-mrsr developers"
project_copyright = "2026, The napari-mrsr developers"
release = metadata.version("napari-mrsr")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
templates_path = ["_templates"]

# One page for each module, written anew: a page left over from a module that has gone would be a warning.
shutil.rmtree(Path(__file__).parent / "_api", ignore_errors=True)

html_theme = "furo"
html_title = f"napari-mrsr {release}"

# A short name that several rooms have (a base class, an attribute, a type) is linked to one of them: it cannot be
# written in full where it stands in code. References in prose that lead nowhere, or to the wrong kind, stay warnings.
suppress_warnings = ["ref.python"]

# Signatures stay short: types are said in the docstrings, with shapes and units.
autodoc_typehints = "none"
autodoc_use_type_comments = False
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
napoleon_google_docstring = False
napoleon_use_ivar = True


def setup(app: Any) -> None:
    """Unfold in the column of pages only where the reader is.

    With every page in the column of every page, what is written grows with the square of their number: most of the time
    that the documentation took went into that.
    """

    def shorten(_app: Any, _page: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
        if "toctree" in context:
            whole = context["toctree"]
            context["toctree"] = lambda **options: whole(**{**options, "collapse": True})

    app.connect("html-page-context", shorten, priority=400)  # before the theme asks for it
