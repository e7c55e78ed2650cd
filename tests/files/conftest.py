"""A knee of a named patient and its DICOM results, written once for all tests that only read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.files.made_results import IDENTITY, Made, classic, make


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A scan read from classic DICOM of a named patient, and what was made of it."""
    return make(classic(tmp_path_factory.mktemp("source") / "knee", **IDENTITY))


@pytest.fixture(scope="session")
def hidden(made: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Its de-identified results."""
    return made.write(tmp_path_factory.mktemp("hidden") / "out")


@pytest.fixture(scope="session")
def named(made: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Its results in the study of the source."""
    return made.write(tmp_path_factory.mktemp("named") / "out", deidentify=False)
