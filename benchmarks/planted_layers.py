"""What the layers of trust say of what benchmarks/planted.py planted, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from planted_cases import AXIS, FACTOR, Array, Case, Mask

from napari_mrsr.inference.scale import common_scale
from napari_mrsr.phantoms import LABELS, knee, sample_knee
from napari_mrsr.phantoms.phantom import KneePhantom
from napari_mrsr.phantoms.sample import thick_scan
from napari_mrsr.roi.trust_light import Light, light_of
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Scan
from napari_mrsr.superres import super_resolve
from napari_mrsr.trust import LARGE_Z, Trust, intervals, trust

METHOD = "lean"
#: What is measured in a region; of each the name that stands in the tables.
ERROR, ADDED, Z = "error, S2 (root mean square)", "added, S2 (root mean square)", "z, S2 (root mean square)"
WIDTH, WIDEST = "interval half-width, S2 (median)", "interval half-width, S2 (95th percentile)"
HELD = "truth in the interval, S2 [%]"
#: Healthy knees for the distribution of local rises: seeds that stand nowhere else.
HEALTHY = range(700, 712)


@dataclass(frozen=True, eq=False)
class Judged:
    """A result and the layers of trust beside it."""

    result: Scan
    trust: Trust


def judge(thick: Scan) -> Judged:
    """Super-resolve thick slices and look at all layers of trust."""
    result = super_resolve(thick, method=METHOD, factor=FACTOR, axis=AXIS, device="cpu", precision="bf16", threads=1)
    return Judged(result, trust(thick, result, factor=FACTOR, axis=AXIS))


def numbers(truth: Array, judged: Judged, where: Mask) -> dict[str, float]:
    """Return what the layers say in a region of the fine grid."""
    found = judged.trust
    error = np.abs(judged.result.array[1] - truth[1])[where]
    coarse = coarse_of(where)
    told = {
        ERROR: rms(error),
        ADDED: rms(found.added.array[1][where]),
        Z: rms(found.z.array[1][coarse]),
        "voxels with z beyond 3 [%]": large(found, coarse),
    }
    if found.interval is not None:
        width = found.interval.array[1][where]
        told[WIDTH] = float(np.median(width))
        told[WIDEST] = float(np.percentile(width, 95))
        told[HELD] = 100 * float(np.mean(error <= width))
    if found.t2_difference is not None:
        difference = found.t2_difference.array[0][coarse]
        told["T2 re-thickened - acquired [ms] (median)"] = median(difference)
        told["the same [ms] (interquartile range)"] = spread(difference)
    return told


def lamp(found: Trust, region: Mask) -> Light:
    """Return the traffic light of a region, as the table of regions has it."""
    where = region[..., ::FACTOR]
    difference = float("nan") if found.t2_difference is None else median(found.t2_difference.array[0][where])
    return light_of(int(where.sum()), large(found, where), difference, apart=found.apart)


def coarse_of(where: Mask) -> Mask:
    """Return the acquired voxels that hold a part of a region: their own thin slice or a neighbouring one is in it."""
    spread_out = where.copy()
    spread_out[:, :, 1:] |= where[:, :, :-1]
    spread_out[:, :, :-1] |= where[:, :, 1:]
    return np.asarray(spread_out[:, :, ::FACTOR])


# -- would a local rise of the interval make a light? -------------------------------------------------
def local_rise(judged: Judged, region: Mask) -> float:
    """Return the 95th percentile of the half-width in a region over the median of the object, the larger of the echoes."""
    interval = judged.trust.interval
    if interval is None:
        return float("nan")
    scale = common_scale(judged.result.array)
    parts = []
    for width, volume in zip(interval.array, judged.result.array, strict=True):
        usual = float(np.median(width[intervals.in_object(volume, AXIS, scale)]))
        parts.append(float(np.percentile(width[region], 95)) / usual)
    return max(parts)


def healthy_rises() -> dict[str, dict[str, list[float]]]:
    """Return, with noise and without and by region, the local rises in healthy knees with nothing planted."""
    found: dict[str, dict[str, list[float]]] = {"with noise": {}, "without noise": {}}

    def keep(word: str, made: KneePhantom, thick: Scan) -> None:
        for name, rise in rises(made, judge(thick)).items():
            found[word].setdefault(name, []).append(rise)

    for seed in HEALTHY:
        x, y, z = map(float, np.random.default_rng(seed).uniform(-15, 15, 3))
        made = knee(seed, shape=(80, 80, 40), spacing=(0.5, 0.5, 0.7), centre=(x, y, z), diseased=False)
        keep("with noise", made, thick_scan(made, seed=seed))
        keep("without noise", made, degrade(made.noiseless, factor=FACTOR))
    keep("with noise", sample_knee().truth, sample_knee().scan)
    return found


def rises(made: KneePhantom, judged: Judged) -> dict[str, float]:
    """Return the local rise in every region of a knee that has 100 voxels, ends left out."""
    labels = made.labels.array[0].copy()
    labels[..., : intervals.ENDS] = labels[..., -intervals.ENDS :] = 0
    counts = np.bincount(labels.ravel(), minlength=max(LABELS) + 1)
    return {name: local_rise(judged, labels == number) for number, name in LABELS.items()
            if number and counts[number] >= 100}  # fmt: skip


# -- arithmetic --------------------------------------------------------------------------------------
def rms(values: Array) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(np.square(values)))) if values.size else float("nan")


def median(values: Array) -> float:
    """Return the median of what is known."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")


def spread(values: Array) -> float:
    """Return the interquartile range of what is known."""
    known = values[np.isfinite(values)]
    return float(np.subtract(*np.percentile(known, (75, 25)))) if known.size else float("nan")


def large(found: Trust, where: Mask) -> float:
    """Return the share of large z, the larger of the two echoes, per cent."""
    return max(100 * float(np.mean(np.abs(z[where]) > LARGE_Z)) for z in found.z.array)


def against(case: Case, judged: Judged, still: Judged, clean: Array) -> list[tuple[str, float, float, float]]:
    """Return rows of what was planted: inside, in the same place with nothing planted, and elsewhere."""
    inside, nothing, other = (
        numbers(case.truth, judged, case.where),
        numbers(clean, still, case.where),
        numbers(case.truth, judged, case.elsewhere),
    )
    return [(name, inside[name], nothing[name], other[name]) for name in inside]
