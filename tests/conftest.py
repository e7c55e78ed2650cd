"""Fixtures that more than one room uses."""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pandas as pd
import pytest

os.environ.setdefault("NAPARI_ASYNC", "0")  # asynchronous slicing outlives a test's viewer
os.environ["NAPARI_MRSR_STATE"] = tempfile.mkdtemp(prefix="napari-mrsr-state-")  # never a user's own autosaves
atexit.register(shutil.rmtree, os.environ["NAPARI_MRSR_STATE"], ignore_errors=True)

# A machine that is busy makes examples slowly: no error.
hypothesis.settings.register_profile("busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy")

#: Every worker imports these sooner or later; they bring most of the objects that there are.
LARGE = ("torch", "napari._qt.qt_main_window", "matplotlib.pyplot", "highdicom", "skimage.measure", "sklearn")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the garbage collector look past what has been imported.

    It went through all of it again and again, a fifth of the time that tests computed.
    """
    if hasattr(session.config, "workerinput"):  # not for the few tests that a person runs
        for name in LARGE:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)


@pytest.fixture(scope="module", autouse=True)
def looked_at_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the garbage collector look past what a module has left, too: caches, and what it was the first to import."""
    yield
    if hasattr(request.config, "workerinput"):
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real scans, which are not part of the repository."""
    folder = os.environ.get("NAPARI_MRSR_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("NAPARI_MRSR_DATA is not set: real scans are not at hand")
    return Path(folder)


@pytest.fixture(scope="session")
def dess_tables() -> pd.DataFrame:
    """Printed signals and estimates of DESS, calculated by another program (tables A to J)."""
    return pd.read_csv(Path(__file__).parent / "physics" / "dess_tables.csv", comment="#")
