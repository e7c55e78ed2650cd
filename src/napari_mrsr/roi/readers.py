r"""Two labellings of one scan: how far they agree in space, and what that does to the numbers.

For regions :math:`A` and :math:`B` of one name:

- Dice :math:`2 |A \cap B| / (|A| + |B|)` (Dice, Ecology 1945;26:297);
- volume difference :math:`V_B - V_A`, mm3 and per cent of :math:`V_A`;
- surface distances, mm: :math:`d(a, \partial B)` is the distance of a surface voxel of A to the nearest of B. The mean
  over both surfaces (average symmetric surface distance), the 95th percentile over both, and the largest (Hausdorff).
  The surface of a region are its voxels with a neighbour of another label across a face; distances are between voxel
  centres and take the spacing into account (Euclidean distance transform).

What disagreement does to the regional means is summarised over regions (or subjects) by RMS-CV and the within-reader
SD (:mod:`napari_mrsr.metrics.agreement`) and by ICC(2,1) and ICC(3,1) (:mod:`napari_mrsr.metrics.intraclass`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter
from napari_mrsr.roi.grid import bounding_box, label_array, resample_labels
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    import pandas as pd

#: Columns of :func:`compare_labels`, in order; volumes in mm3, distances in mm.
COLUMNS = (
    "label",
    "name",
    "dice",
    "volume_one",
    "volume_other",
    "volume_difference",
    "volume_difference_percent",
    "mean_distance",
    "distance_95",
    "hausdorff",
)

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ReaderAgreement:
    r"""Agreement of paired regional means: ``n`` pairs, RMS-CV in per cent, the rest in their unit or without one.

    ``within_sd`` is the within-reader standard deviation :math:`\sqrt{\overline{d^2} / 2}`; ``bias`` the mean of the
    second minus the first; the ICCs are NaN where there are fewer than two pairs.
    """

    n: int
    bias: float
    rms_cv: float
    within_sd: float
    repeatability: float
    icc_agreement: float
    icc_consistency: float


def compare_labels(one: Scan, other: Scan, *, names: Mapping[int, str] | None = None) -> pd.DataFrame:
    """Return how two labellings agree, label by label.

    Parameters
    ----------
    one, other
        One volume of whole numbers each, 0 is no label; the second is taken to the grid of the first, nearest
        neighbour.
    names
        Name of each label.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`COLUMNS`, one row per label that either has. A region that only one has has Dice 0 and no
        distance. ``attrs["warnings"]`` says whether a grid was changed.

    Raises
    ------
    BadParameter
        The labels are not whole numbers.
    """
    import pandas as pd

    moved = resample_labels(other, one)
    a, b = label_array(one), label_array(moved)
    box = bounding_box((a > 0) | (b > 0))
    rows = []
    if box is not None:
        a, b = a[box], b[box]
        for label in np.union1d(np.unique(a), np.unique(b)):
            if label > 0:
                name = (names or {}).get(int(label), f"label {label}")
                rows.append({"label": int(label), "name": name, **_agreement(a == label, b == label, one)})
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table.attrs["warnings"] = moved.warnings[len(other.warnings) :]
    return table


def _agreement(a: Mask, b: Mask, grid: Scan) -> dict[str, float]:
    voxel = grid.voxel_volume
    one, other = float(a.sum() * voxel), float(b.sum() * voxel)
    mean, most, largest = surface_distances(a, b, grid.spacing)
    return {
        "dice": dice(a, b),
        "volume_one": one,
        "volume_other": other,
        "volume_difference": other - one,
        "volume_difference_percent": 100.0 * (other - one) / one if one else float("nan"),
        "mean_distance": mean,
        "distance_95": most,
        "hausdorff": largest,
    }


def dice(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """Return the Dice coefficient of two masks; NaN where both are empty.

    Examples
    --------
    >>> dice([1, 1, 0, 0], [0, 1, 1, 0])
    0.5
    """
    a, b = np.asarray(one, bool), np.asarray(other, bool)
    total = int(a.sum()) + int(b.sum())
    return 2.0 * int((a & b).sum()) / total if total else float("nan")


def surface_distances(one: Mask, other: Mask, spacing: tuple[float, ...]) -> tuple[float, float, float]:
    """Return mean, 95th percentile and largest distance between two surfaces, mm; NaN where a mask is empty.

    Parameters
    ----------
    one, other
        Masks of one shape.
    spacing
        Of the voxels, mm.

    Examples
    --------
    >>> masks = np.zeros((2, 8, 8, 8), bool)
    >>> masks[0, 2, 2:6, 2:6] = masks[1, 4, 2:6, 2:6] = True  # two sheets, two slices of 1.5 mm apart
    >>> surface_distances(*masks, (1.5, 0.5, 0.5))
    (3.0, 3.0, 3.0)
    """
    from scipy import ndimage

    if not one.any() or not other.any():
        return float("nan"), float("nan"), float("nan")
    surfaces = [_surface(np.pad(mask, 1)) for mask in (one, other)]
    distances: list[Any] = []
    for own, far in (surfaces, surfaces[::-1]):
        distances.append(ndimage.distance_transform_edt(~far, sampling=spacing)[own])
    both = np.concatenate(distances)
    return float(both.mean()), float(np.percentile(both, 95)), float(both.max())


def _surface(mask: Mask) -> Mask:
    from scipy import ndimage

    surface: Mask = mask & ~ndimage.binary_erosion(mask)
    return surface


def regional_agreement(one: npt.ArrayLike, other: npt.ArrayLike) -> ReaderAgreement:
    """Return how well paired regional means agree; pairs with a value that is not finite are left out.

    Parameters
    ----------
    one, other
        Means by the first and the second reader (or reading), one per region or subject, in one unit.

    Raises
    ------
    BadParameter
        There is no pair.

    Examples
    --------
    >>> truth, mrsr = [35.2, 42.6, 27.9, 35.3, 36.6], [35.8, 44.1, 29.1, 38.5, 38.0]
    >>> found = regional_agreement(truth, mrsr)
    >>> round(found.rms_cv, 3), round(found.icc_agreement, 4), round(found.icc_consistency, 4)
    (3.491, 0.945, 0.9834)
    """
    from napari_mrsr.metrics.agreement import rms_coefficient_of_variation
    from napari_mrsr.metrics.intraclass import intraclass_correlation
    from napari_mrsr.roi.follow_up import FACTOR, within_subject_sd

    x, y = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if x.shape != y.shape:
        raise BadParameter(f"{x.size} and {y.size} values are not pairs", remedy="give one of each reading per region")
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if not x.size:
        raise BadParameter("no region was read by both", remedy="choose readings of the same regions")
    pairs = np.stack([x, y], axis=1)
    icc = intraclass_correlation(pairs) if x.size > 1 else None
    within = within_subject_sd(pairs)
    return ReaderAgreement(
        n=int(x.size),
        bias=float((y - x).mean()),
        rms_cv=rms_coefficient_of_variation(x, y),
        within_sd=within,
        repeatability=FACTOR * within,
        icc_agreement=float("nan") if icc is None else icc.agreement,
        icc_consistency=float("nan") if icc is None else icc.consistency,
    )
