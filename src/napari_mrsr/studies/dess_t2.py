"""Table 2 of Chaudhari et al. (PREDICTIVE 2018): cartilage T2 after super-resolution against the acquired thick slices.

As in test cohort 2 of the paper: scans with thick slices (1.6 mm) and high signal are the reference; every method makes
slices half as thick of them; what is compared is the T2 of two combined adjacent slices in the medial femoral
cartilage. :mod:`napari_mrsr.studies.t2_measured` says what is combined and how, and adds a comparison that the paper
does not make: its reference is the very input of the methods, so that a method which keeps what was measured agrees
with it by construction. Reconstructing the same slices from slices twice as thick asks whether T2 is *found*.

Every method is run on the same slab (:mod:`napari_mrsr.studies.t2_region`). A subject that cannot be used is named and
left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from napari_mrsr.networks.registry import Method
from napari_mrsr.studies.cohort import Cohort, Subject
from napari_mrsr.studies.kept import Kept, fingerprint
from napari_mrsr.studies.running import Progress, about, choose, over_methods, over_subjects, told_of
from napari_mrsr.studies.slab import PLANES
from napari_mrsr.studies.t2_measured import COMPARISONS, T2Settings, method_values, reference_values
from napari_mrsr.studies.t2_region import REGION, Place, find_place
from napari_mrsr.studies.writing import Figure, Study


@dataclass(frozen=True)
class Settings:
    """How the study is done.

    Parameters
    ----------
    region
        Where T2 is compared, see :func:`~napari_mrsr.studies.t2_region.find_place`.
    planes
        Planes of the slab; None: the whole volume.
    published
        Only what the paper did: the pair of slices.
    t2
        Formula, T1, range, and what is averaged.
    ddof
        Of the concordance correlation coefficient; 0 is Lin's, and the paper's.
    device
        Where networks run.
    figures
        Whether the T2 maps of the first subject are shown, which are computed for it.
    """

    region: str = REGION
    planes: int | None = PLANES
    published: bool = False
    t2: T2Settings = field(default_factory=T2Settings)
    ddof: int = 0
    device: str = "auto"
    figures: bool = True

    @property
    def comparisons(self) -> tuple[str, ...]:
        """Those that are shown."""
        return ("pair",) if self.published else COMPARISONS


@dataclass(frozen=True)
class SubjectValues:
    """T2 of one subject, voxel by voxel, as :mod:`~napari_mrsr.studies.t2_measured` gives it."""

    name: str
    slices: float
    reference: Mapping[str, Any]
    methods: Mapping[str, Mapping[str, Any]]


def run(
    cohort: Cohort,
    methods: Sequence[str] | None = None,
    settings: Settings | None = None,
    *,
    kept: Kept | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Study:
    """Do the study.

    Parameters
    ----------
    cohort
        Scans with both echoes, thick slices and labels; they are read one at a time.
    methods
        Names, in the order of the tables; by default those of the other study that are installed.
    settings
        How.
    kept, progress, stop, provenance
        As in every study (:mod:`napari_mrsr.studies.running`).

    Raises
    ------
    NothingToRead
        The cohort is empty, or no subject of it could be used.
    UnknownMethod
        No method of a name.
    Stopped
        ``stop`` answered True.
    """
    from napari_mrsr.studies.t2_figures import figures
    from napari_mrsr.studies.t2_tables import lead, tables

    chosen = choose(methods)
    how = settings or Settings()
    refused: dict[str, str] = {}
    shown: list[Figure] = []

    def use(subject: Subject, name: str, told: Progress) -> SubjectValues:
        place = find_place(subject, how.region, planes=how.planes)
        measured = _measure(subject, place, name, chosen, how, kept or Kept(), told, refused, stop)
        if how.figures and not shown:
            told(1.0, f"{name}: figures")
            shown.extend(maps_figure(subject, place, chosen, how, measured, kept, stop))
        return measured

    used, skipped = over_subjects(cohort, use, progress)
    return Study(
        "dess-t2",
        "Cartilage T2 after super-resolution of DESS",
        lead(cohort, how, used, refused),
        tables(used, how),
        (*shown, *figures(used, how)),
        provenance={
            **told_of(
                cohort,
                {"Subjects": len(used)},
                {**asdict(how), "profile": "fir", "consistency": "wiener"},
                {method.name: about(method) for method in chosen},
                refused,
                provenance,
            ),
            "Notes": {one.name: one.reference["notes"] for one in used},
        },
        skipped=skipped,
    )


def maps_figure(
    subject: Subject,
    place: Place,
    methods: Sequence[Method],
    how: Settings,
    measured: SubjectValues,
    kept: Kept | None,
    stop: Callable[[], bool] | None,
) -> tuple[Figure, ...]:
    """Return a figure like 5 of the paper: T2 maps of one slice, and their differences on a scale of their own."""
    from napari_mrsr.studies.examples import t2_map
    from napari_mrsr.studies.figures import t2_maps

    noise = measured.reference["noise"]
    row = t2_map(subject, place, methods, how.t2, noise=noise, kept=kept, device=how.device, stop=stop)
    if not row.results:
        return ()
    caption = (
        f"T2 of a slice of {subject.name} that lies between two slices twice as thick: acquired, and found again from "
        "them; underneath, method minus acquired. Fat, fluid and air of the acquired slice are left out."
    )
    return (t2_maps("t2_maps", caption, row),)


def _measure(
    subject: Subject,
    place: Place,
    name: str,
    methods: Sequence[Method],
    how: Settings,
    kept: Kept,
    told: Progress,
    refused: dict[str, str],
    stop: Callable[[], bool] | None,
) -> SubjectValues:
    """Return the T2 of one subject, acquired and by every method."""
    from napari_mrsr.inference import engine  # noqa: F401  torch is loaded before the first method is timed

    reference = reference_values(subject, place, how.t2)
    identity = fingerprint(subject.scan)

    def mapped(method: Method, share: Callable[[float], None]) -> dict[str, Any]:
        what = {
            "study": "dess-t2", "scan": identity, "method": method.name, "sha256": method.sha256,
            "t2": asdict(how.t2), "device": how.device, "place": _identity(place),
        }  # fmt: skip
        options: dict[str, Any] = {"noise": reference["noise"], "device": how.device, "stop": stop, "progress": share}
        return kept.get(what, lambda: method_values(subject, place, method.name, how.t2, **options))

    values = over_methods(methods, subject, name, mapped, told=told, refused=refused)
    return SubjectValues(name, float(subject.scan.spacing[place.axis]), reference, values)


def _identity(place: Place) -> list[Any]:
    """Return what tells a place from others."""
    voxels = hashlib.sha256(np.packbits(place.inside).tobytes()).hexdigest()
    return [place.region, place.slab.axis, place.slab.start, place.slab.stop, place.middle, voxels]
