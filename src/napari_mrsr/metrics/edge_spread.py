r"""How wide one kind of border is in several images of one head: the edge spread function, borders pooled.

A border between two tissues is found in labels and placed, to a fraction of a voxel, where a step of the same sum would
stand in a reference map. The same voxels around it are then read from every image. With x the distance from the border
along its normal, values of all borders together are fitted by a blurred step,

.. math:: e(x) = b + \frac{h}{2}\left[1 + \operatorname{erf}\frac{x - c}{\sqrt 2\, \sigma}\right],

whose rise from 10 % to 90 %, :math:`2.563\, \sigma`, is the width. One border in one image is often too short and too
noisy for a fit; a thousand placed on each other by the truth are not, and a map that blurs borders and one that
misplaces them are both found wide. This is the slanted edge of ISO 12233 with the edges of an anatomy.

Voxels average over their own width, so the true map itself has borders of about one voxel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, GeometryMismatch
from napari_mrsr.metrics.edges import LEAST_COSINE, RISE

Bool = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]

#: Voxels of one tissue on either side that a border must have, and how many of them are read.
NEEDED, READ = 4, 3
#: Fewest borders that are fitted, and most that are read.
FEWEST, MOST = 40, 6000
#: Width of the bins of distance that are averaged before the fit, mm.
BIN = 0.25


@dataclass(frozen=True, eq=False)
class Borders:
    """Borders across one axis.

    Parameters
    ----------
    places
        Flat index of every voxel that is read, ``(border, 2 * READ)``, from the one tissue to the other.
    distances
        Of these from the border along its normal, mm.
    """

    places: npt.NDArray[np.intp]
    distances: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.places)


def find_borders(reference: Floats, one: Bool, other: Bool, spacing: tuple[float, float, float], axis: int) -> Borders:
    """Return the borders between two tissues that lie across an axis.

    Parameters
    ----------
    reference
        A map or image without noise that tells the tissues apart, ``(i, j, k)``.
    one, other
        Where either tissue prevails.
    spacing
        Mm.
    axis
        0, 1 or 2.

    Raises
    ------
    GeometryMismatch
        The shapes differ.
    """
    if not reference.shape == one.shape == other.shape:
        raise GeometryMismatch(
            "reference and tissues of a border lie on different grids", remedy="bring them to one grid first"
        )
    ways = ((one, other, False), (other, one, True))
    found = [_one_way(reference, low, high, spacing, axis, turned) for low, high, turned in ways]
    places, distances = (np.concatenate([part[n] for part in found]) for n in (0, 1))
    if len(places) > MOST:
        few = np.linspace(0, len(places) - 1, MOST).astype(int)
        places, distances = places[few], distances[few]
    return Borders(places, distances)


def finite_in(borders: Borders, images: list[Floats]) -> Borders:
    """Return the borders at which all images have values."""
    keep = np.ones(len(borders), bool)
    for image in images:
        keep &= np.isfinite(image.ravel()[borders.places]).all(axis=1)
    return Borders(borders.places[keep], borders.distances[keep])


def width_of(borders: Borders, image: Floats) -> float:
    """Return the width of the borders in an image, 10 to 90 %, mm; NaN where no step fits.

    Raises
    ------
    BadParameter
        There are too few borders.

    Examples
    --------
    >>> from scipy.ndimage import gaussian_filter1d
    >>> where = np.arange(24) + 0.1 * np.arange(400).reshape(20, 20)[..., None] % 1
    >>> truth = np.where(where < 12, 800.0, np.where(where > 13, 1400.0, 800 + 600 * (where - 12)))
    >>> found = find_borders(truth, truth < 1100, truth >= 1100, (1.0, 1.0, 1.0), 2)
    >>> blurred = gaussian_filter1d(truth, 1.0, axis=2)
    >>> round(width_of(found, truth), 1), round(width_of(found, blurred), 1)  # sigma of a box is 0.29
    (0.8, 2.7)
    """
    from scipy.optimize import least_squares
    from scipy.special import erf

    if len(borders) < FEWEST:
        raise BadParameter(f"{len(borders)} borders are too few for a width", remedy="give a larger part of the head")
    values = image.ravel()[borders.places].astype(np.float64).ravel()
    at = borders.distances.ravel()
    bins = np.round(at / BIN).astype(int)
    bins -= bins.min()
    count = np.bincount(bins).astype(float)
    there = count >= 5
    x, y = ((np.bincount(bins, weights=w) / np.maximum(count, 1))[there] for w in (at, values))
    low, high = (float(y[part].mean()) for part in (x < -1.5, x > 1.5))

    root = np.sqrt(count[there])

    def rest(p: Floats) -> Floats:
        base, height, centre, log_sigma = p
        step = base + height / 2 * (1 + erf((x - centre) / (np.sqrt(2) * np.exp(np.clip(log_sigma, -5, 5)))))
        return np.asarray(root * (step - y))

    found = least_squares(rest, (low, high - low, 0.0, -0.3), max_nfev=400)
    sigma = float(np.exp(found.x[3]))
    return RISE * sigma if found.success and sigma < 2 * READ and abs(found.x[2]) < READ else float("nan")


def _one_way(
    reference: Floats, low: Bool, high: Bool, spacing: tuple[float, float, float], axis: int, turned: bool
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Return borders that go from one tissue to the other as the index rises, turned round where asked."""
    from scipy import ndimage

    lines, a, b = (np.moveaxis(array, axis, -1) for array in (reference, low, high))
    count = lines.shape[-1] - 2 * NEEDED + 1
    empty = np.empty((0, 2 * READ))
    if count < 1:
        return empty.astype(np.intp), empty
    clear = np.logical_and.reduce(
        [a[..., n : n + count] for n in range(NEEDED)] + [b[..., n : n + count] for n in range(NEEDED, 2 * NEEDED)]
    )
    where = np.argwhere(clear)
    if not len(where):
        return empty.astype(np.intp), empty
    first = where[:, 2] + NEEDED - READ
    steps = np.arange(2 * READ)
    known = np.where(np.isfinite(lines), lines, 0).astype(np.float32)
    profile = known[where[:, 0, None], where[:, 1, None], first[:, None] + steps]
    crossing = _crossing(profile)
    smooth = ndimage.gaussian_filter(known, 1.0)
    others = [s for n, s in enumerate(spacing) if n != axis]
    slopes = np.stack(np.gradient(smooth, *others, spacing[axis]))
    at = (where[:, 0], where[:, 1], where[:, 2] + NEEDED - 1)
    normal = 0.5 * (slopes[(slice(None), *at)] + slopes[(slice(None), at[0], at[1], at[2] + 1)])
    cosine = np.abs(normal[2]) / np.maximum(np.linalg.norm(normal, axis=0), 1e-12)
    keep = (cosine >= LEAST_COSINE) & np.isfinite(crossing)
    where, first, crossing, cosine = where[keep], first[keep], crossing[keep], cosine[keep]
    distance = (steps[None] - crossing[:, None]) * spacing[axis] * cosine[:, None]
    index = np.empty((3, len(where), 2 * READ), np.intp)
    across = [n for n in range(3) if n != axis]
    index[across[0]], index[across[1]] = where[:, 0, None], where[:, 1, None]
    index[axis] = first[:, None] + steps
    places = np.ravel_multi_index((index[0], index[1], index[2]), reference.shape)
    return (places[:, ::-1], -distance[:, ::-1]) if turned else (places, distance)


def _crossing(profile: Floats) -> Floats:
    """Return where the border lies in profiles, in samples, by their sum; NaN where it is not in the middle.

    A border at x between plateaus a and b has a sum of ``a (x + 1/2) + b (n - x - 1/2)`` however it is blurred.

    Examples
    --------
    >>> _crossing(np.array([[0.0, 0.0, 0.25, 1.0, 1.0, 1.0]])).tolist()
    [2.25]
    """
    a, b = (profile[:, part].mean(axis=1) for part in (slice(None, 2), slice(-2, None)))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (b * profile.shape[1] - profile.sum(axis=1)) / (b - a) - 0.5
    middle = (profile.shape[1] - 1) / 2
    return np.asarray(np.where(np.abs(found - middle) <= 1, found, np.nan))
