"""Docks on a viewer without a window; Qt needs no screen for them."""

from __future__ import annotations

import os

import pytest
from napari.components import ViewerModel

from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.scan import Scan
from tests.app.conftest import dess


def pytest_configure(config: pytest.Config) -> None:
    """Let Qt draw into memory where there is no screen.

    Not in the process that only hands out tests: its workers, which have screens of their own, would inherit it.
    """
    hands_out = config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput")
    if not os.environ.get("DISPLAY") and os.name == "posix" and not hands_out:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture
def scan() -> Scan:
    """Two echoes of a ball, thick slices."""
    return dess()


@pytest.fixture
def viewer() -> ViewerModel:
    """A viewer without a window."""
    return ViewerModel()


@pytest.fixture
def view(viewer: ViewerModel) -> View:
    """The view of that viewer; its jobs run at once, in this thread."""
    return view_of(viewer, run_here)
