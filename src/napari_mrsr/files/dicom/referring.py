"""References written into results: from each slice or frame to the image planes that it came from.

A classic slice has a ``SourceImageSequence``; a multi-frame object has one derivation item per frame and lists all
instances once more by series, and by study where that is another (PS3.3 C.12.2, common instance reference), which is
how a PACS finds them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from napari_mrsr.files.dicom import codes
from napari_mrsr.files.dicom.planes import Planes
from napari_mrsr.files.dicom.references import Instance, nearest


def instances_of(series: Sequence[Dataset]) -> list[Instance]:
    """Return the slices of a classic series made here, to be referred to."""
    return [
        Instance(
            str(one.SOPClassUID),
            str(one.SOPInstanceUID),
            str(one.SeriesInstanceUID),
            str(one.StudyInstanceUID),
            np.array([float(value) for value in one.ImagePositionPatient]),
        )
        for one in series
    ]


def source_items(instances: Sequence[Instance]) -> list[Dataset]:
    """Return items of ``SourceImageSequence``; frames of one enhanced instance share an item."""
    frames: dict[tuple[str, str], list[int]] = {}
    for one in instances:
        frames.setdefault((one.sop_class, one.uid), []).extend([one.frame] if one.frame else [])
    items = []
    for (sop_class, uid), numbers in frames.items():
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
        if numbers:
            item.ReferencedFrameNumber = sorted(numbers)
        item.PurposeOfReferenceCodeSequence = [coded(codes.SOURCE_IMAGE)]
        items.append(item)
    return items


def refer(image: Dataset, planes: Planes, sources: Sequence[Instance], *, code: Code, text: str) -> None:
    """Replace the references of a multi-frame object by those to the planes that each frame came from.

    Parameters
    ----------
    image
        Parametric Map or Segmentation, changed in place.
    planes
        Its grid; the normal is used.
    sources
        Image planes; none: the object refers to nothing.
    code, text
        How the frames were derived.
    """
    used: dict[str, Instance] = {}
    for group in image.PerFrameFunctionalGroupsSequence:
        position = np.array([float(v) for v in group.PlanePositionSequence[0].ImagePositionPatient])
        near = nearest(sources, position, planes.normal)
        used |= {one.uid: one for one in near}
        if near:
            item = Dataset()
            item.SourceImageSequence = source_items(near)
            item.DerivationCodeSequence = [coded(code)]
            item.DerivationDescription = text
            group.DerivationImageSequence = [item]
        elif "DerivationImageSequence" in group:
            del group.DerivationImageSequence
    for keyword in ("SourceImageSequence", "ReferencedSeriesSequence"):
        if keyword in image:
            delattr(image, keyword)
    here = [one for one in used.values() if one.study == image.StudyInstanceUID]
    elsewhere: dict[str, list[Instance]] = {}
    for one in used.values():
        if one.study != image.StudyInstanceUID:
            elsewhere.setdefault(one.study, []).append(one)
    if here:
        image.ReferencedSeriesSequence = _by_series(here)
    if elsewhere:
        image.StudiesContainingOtherReferencedInstancesSequence = [
            _study(uid, instances) for uid, instances in elsewhere.items()
        ]


def coded(code: Code) -> Dataset:
    """Return a code as an item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code[:3]
    return item


def _study(uid: str, instances: Sequence[Instance]) -> Dataset:
    item = Dataset()
    item.StudyInstanceUID, item.ReferencedSeriesSequence = uid, _by_series(instances)
    return item


def _by_series(instances: Sequence[Instance]) -> list[Dataset]:
    found: dict[str, list[Dataset]] = {}
    for one in instances:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = one.sop_class, one.uid
        found.setdefault(one.series, []).append(item)
    items = []
    for uid, referenced in found.items():
        item = Dataset()
        item.SeriesInstanceUID, item.ReferencedInstanceSequence = uid, referenced
        items.append(item)
    return items
