r"""Cohorts of knee phantoms, whose truth is known; their seeds never taught a network.

Only a window is computed, full along the slices: in plane what the widest network needs around the slab that is scored
(:mod:`napari_mrsr.studies.slab`), so that a knee takes a second and not a minute.

*Cohort 1* is scored by image quality: 0.7 mm slices, as acquired for Chaudhari et al. (PREDICTIVE 2018, section 3.1).

*Cohort 2* is scored by T2: 1.6 mm slices, whose higher signal makes their T2 the reference (section 3.4 there). They
are simulated from 0.8 mm slices by the published filter. :math:`d` times thicker slices of the same field of view hold
d times the volume in so many fewer encoding steps, which leaves :math:`\sqrt d` less noise. The knees of the paper
differed by 5.2 ms (SD) in T2; here their cartilage is given the T2 of equal steps of probability of such a spread.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms import LABELS, KneePhantom, knee
from napari_mrsr.phantoms.noise import rician
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import Cohort, Entry, Subject
from napari_mrsr.studies.slab import MARGIN, PLANES

#: Seeds of the two cohorts; those from 1000 teach (:data:`napari_mrsr.training.sources.FIRST_TRAINING_SEED`).
FIRST_QUALITY_SEED, FIRST_T2_SEED, FIRST_TEACHING_SEED = 100, 200, 1000
#: The published protocol - 160 mm in plane, a matrix of 416 x 416, 112 mm of slices.
IN_PLANE, FIELD_OF_VIEW, THICKNESS = 416, 160.0, 112.0
#: Front to back, voxels: 49 mm around the middle of the cartilage that bears weight.
DEEP = 128
#: The planes of the window: those of the slab, the margin that it keeps, and as many more for it to choose from.
HIGH = PLANES + 2 * MARGIN + 8
#: Slices of cohort 1, and those that the thick slices of cohort 2 are made from, mm.
QUALITY_SLICES, T2_SLICES = 0.7, 0.8
#: Slice thickness at which the signal to noise ratio of the phantom was measured, mm.
NOISE_SLICES = 0.7
#: How much thicker the reference of cohort 2 is.
T2_FACTOR = 2
#: T2 of cartilage over the knees of cohort 2: mean and SD, ms.
T2_MEAN, T2_SD = 36.4, 5.0
#: Values of T2 that are dealt to as many neighbouring seeds.
T2_STEPS = 5


def quality_cohort(n: int = 10, noise: bool = True, *, whole: bool = False) -> Cohort:
    """Return knees with 0.7 mm slices.

    Parameters
    ----------
    n
        How many.
    noise
        Whether the reference, and so the thick slices made from it, has the noise of a scan.
    whole
        Compute the whole knee, half a minute each, instead of the window.

    Raises
    ------
    BadParameter
        None is asked for, or more than there are seeds.
    """
    seeds = _seeds(FIRST_QUALITY_SEED, n, FIRST_T2_SEED)
    entries = tuple(Entry(f"phantom {seed}", partial(_quality_subject, seed, noise, whole)) for seed in seeds)
    origin = {
        "layout": "phantoms",
        "seeds": seeds,
        "noise": noise,
        "slices_mm": QUALITY_SLICES,
        "window": "whole knee" if whole else "weight-bearing cartilage",
    }
    return Cohort(f"{_counted(n)}, {'noisy' if noise else 'noise-free'}", entries, origin)


def t2_cohort(n: int = 5) -> Cohort:
    """Return knees with 1.6 mm slices of high signal, whose true T2 is known and spreads by 5 ms (SD) over five.

    A knee's T2 follows from its seed alone: five values are dealt to five seeds, and again to the next five.

    Raises
    ------
    BadParameter
        None is asked for, or more than there are seeds.
    """
    seeds = _seeds(FIRST_T2_SEED, n, FIRST_TEACHING_SEED)
    dealt = spread(T2_STEPS)
    values = [dealt[(seed - FIRST_T2_SEED) % T2_STEPS] for seed in seeds]
    entries = tuple(Entry(f"phantom {s}", partial(_t2_subject, s, t2)) for s, t2 in zip(seeds, values, strict=True))
    origin = {
        "layout": "phantoms",
        "seeds": seeds,
        "noise": True,
        "slices_mm": T2_FACTOR * T2_SLICES,
        "cartilage_t2_ms": [round(t2, 2) for t2 in values],
        "window": "weight-bearing cartilage",
    }
    return Cohort(f"{_counted(n)}, {T2_FACTOR * T2_SLICES:g} mm slices", entries, origin)


def _counted(n: int) -> str:
    return f"{n} knee phantom{'s' * (n != 1)}"


def spread(n: int, mean: float = T2_MEAN, sd: float = T2_SD) -> list[float]:
    """Return ``n`` values with just this mean and SD (ddof 1), at equal steps of probability of a normal distribution.

    Examples
    --------
    >>> values = spread(5)
    >>> round(float(np.mean(values)), 6), round(float(np.std(values, ddof=1)), 6)
    (36.4, 5.0)
    """
    from scipy.stats import norm

    z = norm.ppf((np.arange(n) + 0.5) / n)
    scale = sd / z.std(ddof=1) if n > 1 else 0.0
    # A fixed stride through the values, so that neighbouring seeds are not in the order of their T2.
    order = np.argsort((np.arange(n) * 0.618) % 1.0)
    return [float(mean + scale * value) for value in z[order]]


def _seeds(first: int, n: int, end: int) -> list[int]:
    if not 1 <= n <= end - first:
        raise BadParameter(f"a cohort of {n} phantoms cannot be made", remedy=f"give 1 to {end - first}")
    return list(range(first, first + n))


def _quality_subject(seed: int, noise: bool, whole: bool) -> Subject:
    phantom = _knee(seed, QUALITY_SLICES, noise=noise, whole=whole)
    return Subject(
        f"phantom {seed}",
        phantom.scan,
        phantom.labels.array[0],
        LABELS,
        phantom.layers.array[0],
        phantom.t2.array[0],
        phantom.noiseless,
    )


def _t2_subject(seed: int, t2: float) -> Subject:
    phantom = _knee(seed, T2_SLICES, noise=True, cartilage_t2=t2)
    clean = degrade(phantom.noiseless, factor=T2_FACTOR)
    # The frozen noise is that of 0.7 mm slices.
    sigma = float(phantom.settings["sigma"]) / np.sqrt(T2_FACTOR * T2_SLICES / NOISE_SLICES)
    noisy = clean.after("rician noise", rician(clean.array, sigma, seed), parameters={"sigma": sigma})

    def thick(truth: Scan) -> np.ndarray:
        return np.ascontiguousarray(truth.array[0, :, :, ::T2_FACTOR])

    return Subject(
        f"phantom {seed}", noisy, thick(phantom.labels), LABELS, thick(phantom.layers), thick(phantom.t2), clean
    )


def _knee(
    seed: int, slices: float, *, noise: bool, whole: bool = False, cartilage_t2: float | None = None
) -> KneePhantom:
    pixel = FIELD_OF_VIEW / IN_PLANE
    shape = (IN_PLANE, IN_PLANE, round(THICKNESS / slices / 2) * 2)
    window = None if whole else (*_around(seed), slice(0, shape[2]))
    return knee(
        seed, shape=shape, spacing=(pixel, pixel, slices), window=window, noise=noise, cartilage_t2=cartilage_t2
    )


def _around(seed: int) -> tuple[slice, slice]:
    """Return the window in plane: where a coarse picture of the same knee has most femoral cartilage."""
    coarse = 4
    n = IN_PLANE // coarse
    spacing = coarse * FIELD_OF_VIEW / IN_PLANE
    labels = knee(seed, shape=(n, n, 40), spacing=(spacing, spacing, THICKNESS / 40), noise=False).labels.array[0]
    femoral = np.isin(labels, [number for number, name in LABELS.items() if "femoral cartilage" in name])
    # The trochlea, in front, and the back of the condyles stand upright and bear no weight.
    held = femoral[n // 4 : -n // 4].sum(axis=(0, 2))
    width = PLANES // coarse
    high = int(np.convolve(held, np.ones(width, int), mode="valid").argmax())
    deep = np.cumsum(femoral[:, high : high + width].sum(axis=(1, 2)))
    middle = int(np.searchsorted(deep, deep[-1] / 2))
    first = (round((middle + 0.5) * coarse) - DEEP // 2, round((high + width / 2) * coarse) - HIGH // 2)
    return slice(first[0], first[0] + DEEP), slice(first[1], first[1] + HIGH)
