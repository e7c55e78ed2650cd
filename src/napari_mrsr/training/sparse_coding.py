r"""Train ScSR: pairs of derivatives and fine residuals, and two dictionaries that share their codes.

A fine patch h (N = 25 samples: what the interpolation lacks) and the features f (M = 100) of the interpolated plane
there are divided by the length of f and learned together (Yang 2010, section III-A, equation 12):

.. math:: \min \; \tfrac1N \|H - Z D_h\|^2 + \tfrac1M \|F - Z D_l\|^2
          + \lambda \left( \tfrac1N + \tfrac1M \right) \|Z\|_1

that is, one dictionary of the rows :math:`(h / \sqrt N, f / \sqrt M)`. As in the published code, every row is brought
to unit length first, so that the penalty (0.15) means the same for all of them, and patches of the fine image that vary
by less than :data:`PRUNED` are left out. Afterwards each pair of atoms is divided by the length of its features.

Dictionaries are learned by scikit-learn (Mairal et al., J Mach Learn Res 2010;11:19).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from napari_mrsr.interpolation.dictionaries import FACTOR
from napari_mrsr.interpolation.dictionaries.sparse_coding import PATCH, SparseCoding, maps
from napari_mrsr.interpolation.one_axis import matrix
from napari_mrsr.sampling import along, thick_slices
from napari_mrsr.training.sources import TrainingSource

Floats = npt.NDArray[np.float32]

#: As published: pairs, atoms, penalty.
PAIRS = 100_000
ATOMS = 1024
PENALTY = 0.15
#: Patches whose variance is smaller are pruned: 10 grey levels squared of 255, as published.
PRUNED = 10 / 255**2
#: Patches cut from one plane.
FROM_ONE = 64
#: Passes over all pairs at most, and pairs of a step; learning ends where the dictionary hardly changes any more
#: (scikit-learn's tolerance).
PASSES, BATCH = 8, 512
#: Sweeps of coordinate descent in a step: its codes need not be converged to the last digit.
SWEEPS = 50


def pairs(sources: Sequence[TrainingSource], count: int, seed: int = 0) -> tuple[Floats, Floats]:
    """Cut pairs from sources.

    Parameters
    ----------
    sources
        Scans and phantoms, values 0 to about 1.
    count
        Pairs in all before pruning; each source gives by its weight, each of its axes the same.

    Returns
    -------
    features, residual
        Shapes ``(n, 100)`` and ``(n, 25)``, n being smaller than ``count`` by what was pruned.
    """
    rng = np.random.default_rng(seed)
    total = sum(source.weight for source in sources)
    seen, wanted = [np.empty((0, 4 * PATCH**2), np.float32)], [np.empty((0, PATCH**2), np.float32)]
    for source in sources:
        share = count * source.weight / total / len(source.axes) / len(source.array)
        for axis in source.axes:
            for volume in source.array:
                fine = np.moveaxis(volume, axis, -1)
                for turned in (fine, fine.transpose(1, 0, 2)):
                    a, b = _cut(turned[..., : fine.shape[-1] // FACTOR * FACTOR], round(share / 2), rng)
                    seen.append(a)
                    wanted.append(b)
    return np.concatenate(seen), np.concatenate(wanted)


def _cut(fine: Floats, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Cut pairs from planes of one volume, shape ``(plane, row, fine slice)``."""
    planes, rows, slices = fine.shape
    few = -(-count // FROM_ONE)
    seen, wanted = np.empty((count, 4 * PATCH**2), np.float32), np.empty((count, PATCH**2), np.float32)
    if min(rows, slices) <= PATCH + 4 or not count:
        return seen[:0], wanted[:0]
    kept = np.zeros(count, bool)
    half = PATCH // 2
    thicken, cubic = thick_slices.matrix(slices, FACTOR), matrix("tricubic", slices // FACTOR, slices)
    for n in range(few):
        plane = fine[rng.integers(planes)]
        thick = along.apply(thicken, plane, 1)
        interpolated = along.apply(cubic, thick, 1)
        derived = maps(interpolated)
        for m in range(n, count, few):
            i, k = rng.integers(half, rows - half), rng.integers(half, slices - half)
            whole = plane[i - half : i + half + 1, k - half : k + half + 1]
            kept[m] = whole.var() > PRUNED
            seen[m] = derived[:, i : i + PATCH, k : k + PATCH].ravel()
            wanted[m] = (whole - interpolated[i - half : i + half + 1, k - half : k + half + 1]).ravel()
    return seen[kept], wanted[kept]


def learn(
    features: Floats,
    residual: Floats,
    *,
    atoms: int = ATOMS,
    passes: int = PASSES,
    seed: int = 0,
    report: Callable[[str], None] = lambda _: None,
) -> SparseCoding:
    """Learn both dictionaries from pairs.

    Parameters
    ----------
    features, residual
        As :func:`pairs` gives them.
    atoms
        Of each dictionary.
    passes
        Over all pairs, at most.
    """
    import warnings

    from sklearn.decomposition import MiniBatchDictionaryLearning
    from sklearn.exceptions import ConvergenceWarning

    joint = together(features, residual)
    report(f"{len(joint)} pairs")
    learner = MiniBatchDictionaryLearning(
        n_components=atoms,
        alpha=PENALTY,
        max_iter=passes,
        batch_size=BATCH,
        fit_algorithm="cd",
        transform_max_iter=SWEEPS,
        max_no_improvement=None,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        learned = learner.fit(joint).components_
    report(f"{len(learned)} atoms after {learner.n_steps_} steps")
    return apart(learned)


def together(features: Floats, residual: Floats) -> Floats:
    """Return one row of unit length for each pair, weighted 1/N and 1/M; pairs without features are left out."""
    length = np.linalg.norm(features, axis=1, keepdims=True)
    some = length[:, 0] > 0
    h, f = residual[some] / length[some], features[some] / length[some]
    rows = np.hstack([h / np.sqrt(h.shape[1]), f / np.sqrt(f.shape[1])])
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def apart(learned: npt.NDArray[np.floating]) -> SparseCoding:
    """Return the two dictionaries from the joint one, features of unit length; atoms without features are left out."""
    high = learned[:, : PATCH**2] * PATCH
    low = learned[:, PATCH**2 :] * np.sqrt(4 * PATCH**2)
    length = np.linalg.norm(low, axis=1, keepdims=True)
    used = length[:, 0] > 1e-3
    return SparseCoding((low[used] / length[used]).astype(np.float32), (high[used] / length[used]).astype(np.float32))
