"""What the plots of the ROI dock show: the values of a region in each map, its profile from bone to joint, a line's."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.app import layers
from napari_mrsr.errors import MrsrError
from napari_mrsr.roi.profile import DepthProfile, Values, along_line, common_bins, depth_profile, shares_of_depth
from napari_mrsr.roi.region import values_in
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari_mrsr.app.measuring.callipers import Callipers, Line
    from napari_mrsr.app.roi.measured import Measurement
    from napari_mrsr.app.viewing import View


@dataclass(frozen=True, eq=False)
class Histogram:
    """Share of the voxels of a region in common bins, per cent, by the title of the map."""

    edges: Values
    percent: Mapping[str, Values]


@dataclass(frozen=True, eq=False)
class Curve:
    """Values of one layer along a line: mm from its start, and what it holds there."""

    name: str
    unit: str
    distance: Values
    values: Values


def histogram(measurement: Measurement, label: int) -> Histogram | None:
    """Return how the values of a region are distributed in each map; None where nothing is painted.

    Parameters
    ----------
    measurement
        What was measured.
    label
        The region.
    """
    region = measurement.regions.get(label)
    if region is None:
        return None
    samples = {}
    for role, found in measurement.maps.items():
        values = values_in(found, region)
        values = values[np.isfinite(values)]
        if values.size:
            samples[measurement.titles.get(role, role)] = values
    if not samples:
        return None
    edges = common_bins(list(samples.values()))
    percent = {title: 100 * np.histogram(values, edges)[0] / values.size for title, values in samples.items()}
    return Histogram(edges, percent)


class DepthProfiles:
    """Profiles from bone to joint; the depth of a region is found beside the viewer, and once.

    Parameters
    ----------
    view
        The viewer's view, whose session runs what takes long.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._shares: weakref.WeakKeyDictionary[Scan, Scan | str] = weakref.WeakKeyDictionary()
        self._wanted: Scan | None = None

    def ask(
        self, measurement: Measurement, label: int, name: str, tell: Callable[[dict[str, DepthProfile] | str], None]
    ) -> None:
        """Find the profiles of a region in each map, by title; ``tell`` gets them, or why there are none.

        An answer to an earlier question, when another was asked meanwhile, is dropped.
        """
        region = measurement.regions.get(label)
        self._wanted = region
        if region is None:
            tell("nothing is painted in this region")
            return

        def answer(shares: Any) -> None:  # Scan, or why there is none
            self._shares[region] = shares
            if self._wanted is region:
                tell(shares if isinstance(shares, str) else _profiles(measurement, shares))

        known = self._shares.get(region)
        if known is not None:
            answer(known)
            return

        def find() -> Iterator[Any]:
            try:
                yield shares_of_depth(region, name)
            except MrsrError as error:
                yield error.line
            except Exception as error:  # a bug: said where it is seen, for the worker would swallow it
                yield f"{type(error).__name__}: {error}"

        self._view.session._runner(find, answer, lambda: None)


def _profiles(measurement: Measurement, shares: Scan) -> dict[str, DepthProfile]:
    return {
        measurement.titles.get(role, role): depth_profile(found, shares) for role, found in measurement.maps.items()
    }


def line_curves(view: View, callipers: Callipers, line: Line) -> list[Curve]:
    """Return what each visible image holds along a line, the topmost first.

    Parameters
    ----------
    view
        The viewer's view.
    callipers
        Knows where the line lies in the patient.
    line
        From :meth:`napari_mrsr.app.measuring.callipers.Callipers.lines`.
    """
    start, end = callipers.in_patient(line.start), callipers.in_patient(line.end)
    curves = []
    for layer in reversed(list(view.viewer.layers)):
        if type(layer).__name__ != "Image" or not layer.visible:
            continue
        try:
            scan = view.dynamic.frame_of(layer) or layers.scan_of(layer, view.frame)
            distance, values = along_line(scan, start, end)
        except MrsrError:  # a layer of another plugin that nothing places in the patient
            continue
        curves.append(Curve(layer.name, scan.unit, distance, values))
    return curves
