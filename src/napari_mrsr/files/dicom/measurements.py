"""The table of the regions as a DICOM structured report, TID 1500 (Comprehensive 3D SR).

Each region of each map is one measurement group (TID 1411): it refers to the segment that was painted and the series
that it was painted on, says which map was measured and by which algorithm (name, version, weights), and holds mean, SD,
median, 5th and 95th percentile of the map, the interquartile range, the volume of the region, the number of voxels with
a value and the part without; where it is known, also the standard error of the mean by noise. Every statistic refers to
the Parametric Map that it was made on. A region that has no segment here (its label is not in the Segmentation) gets a
group without a reference (TID 1501).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from napari_mrsr import __version__
from napari_mrsr.files.dicom import codes
from napari_mrsr.files.dicom.authorship import (
    MANUFACTURER,
    MODEL,
    SERIAL,
    declare_scheme,
    equipment,
    hide_dates,
    new_object,
    steps_of,
    weights_of,
)
from napari_mrsr.files.dicom.codes import Region
from napari_mrsr.files.dicom.references import Instance, Study, new_uid
from napari_mrsr.files.dicom.segmentation import Segments
from napari_mrsr.files.origin import INTENDED_USE
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    import pandas as pd

#: Column of the table, statistic.
_STATISTICS = (
    ("mean", codes.MEAN),
    ("sd", codes.STANDARD_DEVIATION),
    ("standard_error", codes.STANDARD_ERROR),
    ("median", codes.MEDIAN),
    ("iqr", codes.INTERQUARTILE_RANGE),
    ("p5", codes.FIFTH_PERCENTILE),
    ("p95", codes.NINETY_FIFTH_PERCENTILE),
)
#: Column of the table, what it measures, unit.
_OF_THE_REGION = (
    ("volume_mm3", codes.VOLUME, codes.CUBIC_MILLIMETRE),
    ("n", codes.VALID_VOXELS, codes.NO_UNITS),
    ("invalid_percent", codes.INVALID, codes.PERCENT),
)


@dataclass(frozen=True, eq=False)
class Measured:
    """A table, what it is of, how that was made, and the map and Parametric Map where there are such."""

    role: str
    method: str
    table: pd.DataFrame
    quantity: str
    unit: str
    scan: Scan | None = None
    dataset: Dataset | None = None


def report(measured: Sequence[Measured], segments: Segments | None, study: Study, *, sources: Sequence[Instance],
           laterality: str | None, number: int) -> Dataset:  # fmt: skip
    """Return the report.

    Parameters
    ----------
    measured
        One table per map, columns as :func:`napari_mrsr.roi.statistics` gives them; at least one row in all.
    segments
        The Segmentation, if regions were painted.
    sources
        The image planes that the regions were painted on.
    laterality
        ``"left"`` or ``"right"`` knee, if known.
    number
        Of the series.
    """
    from highdicom.sr import (
        Comprehensive3DSR,
        DeviceObserverIdentifyingAttributes,
        MeasurementReport,
        ObservationContext,
        ObserverContext,
    )
    from pydicom.sr.codedict import codes as known

    device = ObserverContext(
        observer_type=known.DCM.Device,
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=new_uid(), name=MODEL, manufacturer_name=MANUFACTURER, model_name=MODEL, serial_number=SERIAL
        ),
    )
    groups = [
        _group(row, one, segments, study, sources=sources, laterality=laterality)
        for one in measured
        for row in one.table.to_dict("records")
    ]
    content = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=device),
        procedure_reported=codes.MRI,
        imaging_measurements=groups,
    )
    made = Comprehensive3DSR(
        evidence=_evidence(measured, segments, study, sources),
        content=content,
        **new_object(number),
        is_complete=True,
        contributing_equipment=equipment(*(one.scan for one in measured), method=measured[-1].method),
        series_description=f"Regions, measurements ({INTENDED_USE})"[:64],
    )
    declare_scheme(made)
    if study.deidentified:
        hide_dates(made)
    return made


def _group(row: Mapping[Any, Any], one: Measured, segments: Segments | None, study: Study, *,
           sources: Sequence[Instance], laterality: str | None) -> Any:  # fmt: skip
    """Return the measurements of a region on a map."""
    from highdicom import sr

    label, name = int(row["label"]), str(row["name"])
    region = codes.region(name, laterality)
    tracking = segments.tracking.get(label) if segments is not None else None
    told = [f"map: {one.role}", *(f"weights sha256 {digest}" for digest in weights_of(one.scan))]
    if one.scan is not None and one.scan.history:
        told.append(f"steps: {steps_of(one.scan, study)}")
    shared: dict[str, Any] = {
        "tracking_identifier": sr.TrackingIdentifier(uid=tracking or new_uid(), identifier=name[:64]),
        "finding_category": region.category,
        "finding_type": region.kind,
        "finding_sites": _sites(region) or None,
        "algorithm_id": sr.AlgorithmIdentification(name=one.method, version=__version__, parameters=told),
        "measurements": _measurements(row, one),
        "qualitative_evaluations": [sr.QualitativeEvaluation(codes.MAP_ROLE, codes.role(one.role))],
    }
    if segments is None or tracking is None or not sources:
        return sr.MeasurementsAndQualitativeEvaluations(**shared)
    return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        referenced_segment=sr.ReferencedSegment(
            sop_class_uid=segments.dataset.SOPClassUID,
            sop_instance_uid=segments.dataset.SOPInstanceUID,
            segment_number=segments.numbers[label],
            source_series=sr.SourceSeriesForSegmentation(sources[0].series),
        ),
        **shared,
    )


def _measurements(row: Mapping[Any, Any], one: Measured) -> list[Any]:
    """Return what is known of a region; a statistic without a value is left out."""
    from highdicom import sr

    images = None
    if one.dataset is not None:
        images = [sr.SourceImageForMeasurement(one.dataset.SOPClassUID, one.dataset.SOPInstanceUID)]
    quantity, unit = codes.quantity(one.quantity), codes.unit(one.unit)
    found = [
        sr.Measurement(name=quantity, value=float(f"{row[column]:.6g}"), unit=unit, derivation=statistic,
                       referenced_images=images)
        for column, statistic in _STATISTICS
        if np.isfinite(row.get(column, np.nan))
    ]  # fmt: skip
    found += [
        sr.Measurement(name=what, value=float(f"{row[column]:.10g}"), unit=of)
        for column, what, of in _OF_THE_REGION
        if np.isfinite(row[column])
    ]
    return found


def _sites(region: Region) -> list[Any]:
    """Return the bone as finding site, once for each place on it (a site holds one modifier)."""
    from highdicom.sr import FindingSite

    if region.bone is None:
        return []
    places: Sequence[Code | None] = region.places or (None,)
    return [FindingSite(region.bone, region.side, place) for place in places]


def _evidence(
    measured: Sequence[Measured], segments: Segments | None, study: Study, sources: Sequence[Instance]
) -> list[Dataset]:
    """Return what the report refers to; the first gives it patient and study."""
    found = [one.dataset for one in measured if one.dataset is not None]
    found += [segments.dataset] if segments is not None else []
    for instance in {one.uid: one for one in (*study.instances, *sources)}.values():
        item = Dataset()
        item.SOPClassUID, item.SOPInstanceUID = instance.sop_class, instance.uid
        item.StudyInstanceUID, item.SeriesInstanceUID = instance.study, instance.series
        found.append(item)
    return found
