"""Painted regions as a DICOM Segmentation: binary, one segment a region, on the grid that they were painted on.

Segments are numbered from 1 in the order of the labels; frames without a voxel of their segment are left out. Each is
coded by the words of its name (:mod:`~napari_mrsr.files.dicom.codes`) and carries a tracking identifier that the report
uses for the same region.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydicom.dataset import Dataset

from napari_mrsr import __version__
from napari_mrsr.errors import BadParameter
from napari_mrsr.files.dicom import codes
from napari_mrsr.files.dicom.authorship import declare_scheme, equipment, hide_dates, new_object
from napari_mrsr.files.dicom.parametric_map import geometry
from napari_mrsr.files.dicom.planes import lay_out
from napari_mrsr.files.dicom.references import Instance, Study, new_uid
from napari_mrsr.files.dicom.referring import coded, refer
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from highdicom.seg import SegmentDescription

#: Recommended colours, sRGB 0 to 255, one after another.
_COLOURS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167))


@dataclass(frozen=True, eq=False)
class Segments:
    """A Segmentation, and where each label went.

    Parameters
    ----------
    dataset
        The object.
    numbers
        Segment number of each label.
    tracking
        Tracking UID of each label.
    """

    dataset: Dataset
    numbers: Mapping[int, int]
    tracking: Mapping[int, str]


def segmentation(labels: Scan, names: Mapping[int, str], study: Study, *, laterality: str | None, number: int,
                 sources: Sequence[Instance]) -> Segments:  # fmt: skip
    """Return painted regions as Segmentation.

    Parameters
    ----------
    labels
        One volume of whole numbers, 0 is no region.
    names
        Of the labels; ``"label 3"`` where not given.
    laterality
        ``"left"`` or ``"right"`` knee, if known.
    number
        Of the series.
    sources
        The image planes that the regions were painted on.

    Raises
    ------
    BadParameter
        There are several volumes, or nothing is painted.
    """
    from highdicom.seg import Segmentation

    if labels.volumes != 1:
        raise BadParameter(
            f"has {labels.volumes} volumes, a label map has one", where=labels.where, remedy="give one of them"
        )
    planes = lay_out(labels, study.facing)
    painted = np.rint(planes.array[0].astype(np.float64)).astype(np.int64)
    present = [int(label) for label in np.unique(painted) if label > 0]
    if not present:
        raise BadParameter("no region is painted, so there is nothing to segment", remedy="paint a region first")
    numbers = {label: n for n, label in enumerate(present, 1)}
    tracking = {label: new_uid() for label in present}
    table = np.zeros(max(present) + 1, np.uint16 if len(present) > 255 else np.uint8)
    for label, n in numbers.items():
        table[label] = n
    positions, orientation, measures = geometry(planes)
    method = "Painted by hand, helped by brush, propagation and interpolation"
    made = Segmentation(
        source_images=[study.template(planes)],
        pixel_array=table[np.clip(painted, 0, None)],
        segmentation_type="BINARY",
        segment_descriptions=[
            _description(numbers[label], names.get(label, f"label {label}"), laterality, tracking[label])
            for label in present
        ],
        **new_object(number),
        content_label="REGIONS",
        content_description="Painted regions",
        pixel_measures=measures,
        plane_orientation=orientation,
        plane_positions=positions,
        omit_empty_frames=True,
        contributing_equipment=equipment(labels, method=method),
        series_description="Regions, Segmentation",
    )
    refer(made, planes, sources, code=codes.SEGMENTATION, text=study.note or "Painted on these images.")
    declare_scheme(made)
    if study.deidentified:
        hide_dates(made)
    return Segments(made, numbers, tracking)


def _description(number: int, name: str, laterality: str | None, tracking: str) -> SegmentDescription:
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.color import CIELabColor
    from highdicom.seg import SegmentDescription
    from pydicom.sr.codedict import codes as known

    region = codes.region(name, laterality)
    made = SegmentDescription(
        segment_number=number,
        segment_label=name[:64],
        segmented_property_category=region.category,
        segmented_property_type=region.kind,
        algorithm_type="SEMIAUTOMATIC",
        algorithm_identification=AlgorithmIdentificationSequence(
            name="napari-mrsr painting", family=known.cid7162.ManualProcessing, version=__version__
        ),
        tracking_uid=tracking,
        tracking_id=name[:64],
        anatomic_regions=[region.bone] if region.bone is not None else None,
        display_color=CIELabColor.from_rgb(*_COLOURS[(number - 1) % len(_COLOURS)]),
    )
    if region.bone is not None and region.places:
        made.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = [coded(place) for place in region.places]
    if region.side is not None:
        kind = made.SegmentedPropertyTypeCodeSequence[0]
        kind.SegmentedPropertyTypeModifierCodeSequence = [coded(region.side)]
    return made
