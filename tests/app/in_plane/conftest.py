"""A small brain, open in a view, and small untrained networks in the place of the shipped ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from napari_mrsr.app.viewing import View
from napari_mrsr.scan import Scan
from tests.brains import brain, shipped


@pytest.fixture
def weights(tmp_path: Path) -> Iterator[Path]:
    """The folder of these weights."""
    folder = tmp_path / "weights"
    folder.mkdir()
    with shipped(folder):
        yield folder


@pytest.fixture
def head(view: View, weights: Path) -> Scan:
    """The brain, open."""
    scan = brain()
    view.session.adopt(scan)
    return scan
