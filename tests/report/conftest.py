"""A small report: a ball of two tissues, acquired and super-resolved, with T2 that is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from napari_mrsr import roi, superres
from napari_mrsr.mapping import t2_from_dess
from napari_mrsr.report.contents import Report
from napari_mrsr.scan import Scan
from tests.app.conftest import dess

NAMES = {1: "medial femoral cartilage", 3: "medial tibial cartilage"}


def small_report(scan: Scan | None = None, **more: Any) -> Report:
    """Return a report of two regions whose T2 is 30 and 50 ms."""
    scan = dess() if scan is None else scan
    refined = superres.super_resolve(scan, method="tricubic", factor=2)
    maps = {"acquired": t2_from_dess(scan, method="epg").map, "SR": t2_from_dess(refined, method="epg").map}
    painted = np.zeros(refined.shape, np.uint8)
    painted[7:11, 7:12, 8:15] = 1
    painted[13:17, 7:12, 8:15] = 3
    labels = refined.after("painted", painted, axis="label", names=("ROI",), quantity="label", unit="")
    tables = {role: roi.statistics(one, labels, names=NAMES) for role, one in maps.items()}
    compared = roi.compare_statistics(maps["acquired"], maps["SR"], labels, names=NAMES)
    erosion = roi.erosion_check(maps["SR"], labels, 0.6, names=NAMES)
    settings = {"erosion_mm": 0.6}
    made = Report(scan, refined, maps, labels, NAMES, tables, compared=compared, erosion=erosion, settings=settings)
    return replace(made, **more)


@pytest.fixture(scope="session")
def report() -> Report:
    """A report of two regions."""
    return small_report()


@pytest.fixture(scope="session")
def brain(report: Report) -> Report:
    """A report with maps of T1 and T2."""
    t2 = report.maps["acquired"]
    t1 = replace(t2, array=20 * t2.array, names=("T1",), quantity="T1")
    return replace(report, refined=None, maps={"T1": t1, "T2": t2}, compared=None, erosion=None)


@pytest.fixture
def make() -> Callable[..., Report]:
    """Make a report with other fields."""
    return small_report
