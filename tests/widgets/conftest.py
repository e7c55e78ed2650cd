"""Docks on a viewer without a window; Qt needs no screen for them."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace

import pytest
from napari._vispy import canvas

from tests.app.conftest import scan, view, viewer

__all__ = ["scan", "view", "viewer"]  # of the app, for its docks


def pytest_configure(config: pytest.Config) -> None:
    """Let Qt draw into memory where there is no screen.

    Not in the process that only hands out tests: its workers, which have screens of their own, would inherit it.
    """
    hands_out = config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput")
    if not os.environ.get("DISPLAY") and os.name == "posix" and not hands_out:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def layers_go_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the look through all objects that a canvas takes for every layer that goes.

    It is there for drivers of Windows. In a worker that has run a thousand tests it takes a second or two, and where
    three planes are open three times as long.
    """
    if sys.platform != "win32":
        monkeypatch.setattr(canvas, "gc", SimpleNamespace(collect=lambda: 0))
