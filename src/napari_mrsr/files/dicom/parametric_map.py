"""A map as a DICOM Parametric Map: float32 values with their unit and quantity, frame by frame where they lie.

Voxels without a value stay NaN, and ``FloatPixelPaddingValue`` and its range limit say NaN, which PS3.3 C.7.6.24 allows
by name; the real world value mapping covers the values that occur, with slope 1 and intercept 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from napari_mrsr.errors import BadParameter
from napari_mrsr.files.dicom import codes
from napari_mrsr.files.dicom.authorship import (
    declare_scheme,
    derivation,
    equipment,
    hide_dates,
    new_object,
)
from napari_mrsr.files.dicom.derived_series import WINDOWS, window_of
from napari_mrsr.files.dicom.planes import Planes, lay_out
from napari_mrsr.files.dicom.references import Instance, Study
from napari_mrsr.files.dicom.referring import refer
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from highdicom import PixelMeasuresSequence, PlaneOrientationSequence, PlanePositionSequence


def parametric_map(
    scan: Scan, role: str, study: Study, *, method: str, number: int, sources: Sequence[Instance]
) -> Dataset:
    """Return a map as Parametric Map.

    Parameters
    ----------
    scan
        One volume with a quantity and a unit; NaN is "no value".
    role
        ``"acquired"``, ``"SR"`` or the name of another method.
    method
        Name of the algorithm.
    number
        Of the series.
    sources
        The image planes that the map was computed from.

    Raises
    ------
    BadParameter
        The map has several volumes.
    GeometryMismatch
        Its rows and columns are not at right angles.
    """
    from highdicom import VOILUTTransformation
    from highdicom.pm import ParametricMap, RealWorldValueMapping

    if scan.volumes != 1:
        raise BadParameter(f"has {scan.volumes} volumes, a map has one", where=scan.where, remedy="choose a volume")
    planes = lay_out(scan, study.facing)
    values = np.ascontiguousarray(planes.array[0], np.float32)
    values[~np.isfinite(values)] = np.nan
    centre, width = WINDOWS.get(scan.quantity) or window_of(values)
    positions, orientation, measures = geometry(planes)
    made = ParametricMap(
        source_images=[study.template(planes)],
        pixel_array=values,
        **new_object(number),
        contains_recognizable_visual_features=shows_face(study),
        real_world_value_mappings=[
            RealWorldValueMapping(
                lut_label=scan.quantity[:16],
                lut_explanation=f"{scan.quantity} in {scan.unit or 'no unit'}",
                unit=codes.unit(scan.unit),
                value_range=_range(values),
                slope=1.0,
                intercept=0.0,
                quantity_definition=codes.quantity(scan.quantity),
            )
        ],
        voi_lut_transformations=[VOILUTTransformation(window_center=centre, window_width=width)],
        content_label=f"{scan.quantity}_MAP".upper().replace("*", "STAR")[:16],
        content_description=f"{scan.quantity} of the {role} images"[:64],
        pixel_measures=measures,
        plane_orientation=orientation,
        plane_positions=positions,
        contributing_equipment=equipment(scan, method=method),
        series_description=f"{scan.quantity} [{scan.unit}] {role}, Parametric Map"[:64],
    )
    made.FloatPixelPaddingValue = made.FloatPixelPaddingRangeLimit = float("nan")
    made.Laterality = (scan.acquisition.laterality or " ")[0].upper().strip()
    text = derivation(scan, method=method, study=study, also="NaN is no value.")
    made.DerivationDescription = text
    refer(made, planes, sources, code=codes.IMAGE_PROCESSING, text=text)
    declare_scheme(made)
    if study.deidentified:
        hide_dates(made)
    return made


def geometry(
    planes: Planes,
) -> tuple[list[PlanePositionSequence], PlaneOrientationSequence, PixelMeasuresSequence]:
    """Return plane positions, plane orientation and pixel measures of planes, as highdicom takes them."""
    from highdicom import PixelMeasuresSequence, PlaneOrientationSequence, PlanePositionSequence

    positions = [PlanePositionSequence("PATIENT", [float(v) for v in position]) for position in planes.positions]
    measures = PixelMeasuresSequence(planes.pixel_spacing, planes.slice_spacing, planes.slice_spacing)
    return positions, PlaneOrientationSequence("PATIENT", planes.orientation), measures


def shows_face(study: Study) -> bool:
    """Tell whether a face could be made out in the images, by the body part that the source states."""
    return any(word in study.body_part.upper() for word in ("HEAD", "BRAIN", "SKULL", "FACE", "NECK"))


def _range(values: npt.NDArray[Any]) -> tuple[float, float]:
    """Return the smallest and largest value that occur."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
