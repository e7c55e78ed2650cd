r"""Train A+: pairs of thick windows and fine residuals, a dictionary of features, a ridge regression for each atom.

The pairs are cut from the same sources as a network's (:mod:`.sources`): each is made thick along an axis that was
acquired in full, and both families of reformat planes through that axis give windows. A patch and its negative are one
neighbourhood. Every pair is divided by the length of its features, as published, so that faint edges teach as much as
strong ones; windows that are flat within the noise are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.interpolation.dictionaries import anchored, features
from napari_mrsr.interpolation.one_axis import matrix
from napari_mrsr.sampling import along, thick_slices
from napari_mrsr.training.sources import TrainingSource

Floats = npt.NDArray[np.float32]

#: In-plane samples and thick slices of a window.
WINDOW = (5, 7)
#: Atoms, neighbours of each, and ridge penalty (Timofte 2014: 1024, 2048, 0.1).
ATOMS = 512
NEIGHBOURS = 2048
RIDGE = 0.1
#: Pairs in all, and those that the dictionary is learned from.
PAIRS = 1_000_000
DICTIONARY_PAIRS = 15_000
#: Features shorter than this part of the common scale are noise or air.
FLAT = 0.06


def pairs(
    sources: Sequence[TrainingSource], count: int, window: tuple[int, int], seed: int = 0
) -> tuple[Floats, Floats]:
    """Cut pairs from sources.

    Parameters
    ----------
    sources
        Scans and phantoms, values 0 to about 1.
    count
        Pairs in all; each source gives by its weight, each of its axes the same.
    window
        In-plane samples and thick slices.

    Returns
    -------
    thick, residual
        Shapes ``(n, rows * slices)`` and ``(n, 12)``; places in air are left out, so n may be less than ``count``.
    """
    rng = np.random.default_rng(seed)
    total = sum(source.weight for source in sources)
    seen, wanted = [], []
    for source in sources:
        share = count * source.weight / total / len(source.axes) / len(source.array)
        for axis in source.axes:
            for volume in source.array:
                fine = np.moveaxis(volume, axis, -1)
                a, b = _cut(fine[..., : fine.shape[-1] // 2 * 2], max(1, round(share)), window, rng)
                seen.append(a)
                wanted.append(b)
    return np.concatenate(seen), np.concatenate(wanted)


def _cut(fine: Floats, count: int, window: tuple[int, int], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Cut pairs from one volume, its slice axis last, half of them from each family of planes."""
    thick = along.apply(thick_slices.matrix(fine.shape[-1], 2), fine, 2)
    missing = fine - along.apply(matrix("tricubic", thick.shape[-1], fine.shape[-1]), thick, 2)
    seen, wanted = [], []
    for turned, rest in ((thick, missing), (thick.transpose(1, 0, 2), missing.transpose(1, 0, 2))):
        a, b = window[0] // 2, window[1] // 2
        planes, rows, slices = turned.shape
        if rows <= 2 * a + 2 or slices <= 2 * b + 2:
            continue
        at = (
            rng.integers(planes, size=count // 2),
            rng.integers(a, rows - a, size=count // 2),
            rng.integers(b, slices - b, size=count // 2),
        )
        around = np.lib.stride_tricks.sliding_window_view(turned, window, axis=(1, 2))
        laid = np.lib.stride_tricks.sliding_window_view(rest, anchored.PATCH, axis=(1, 2))
        seen.append(around[at[0], at[1] - a, at[2] - b].reshape(count // 2, -1))
        wanted.append(laid[at[0], at[1] - 1, 2 * at[2] - 1].reshape(count // 2, -1))
    if not seen:
        return np.empty((0, window[0] * window[1]), np.float32), np.empty((0, 12), np.float32)
    return np.concatenate(seen), np.concatenate(wanted)


def learn(
    thick: Floats,
    residual: Floats,
    window: tuple[int, int] = WINDOW,
    *,
    atoms: int = ATOMS,
    neighbours: int = NEIGHBOURS,
    ridge: float = RIDGE,
    dictionary_pairs: int = DICTIONARY_PAIRS,
    seed: int = 0,
    report: Callable[[str], None] = lambda _: None,
) -> anchored.AnchoredRegression:
    """Learn A+ from pairs.

    Parameters
    ----------
    thick, residual
        As :func:`pairs` gives them.
    window
        In-plane samples and thick slices.
    atoms, neighbours, ridge
        Of the dictionary and the regressions.
    dictionary_pairs
        Pairs that the dictionary is learned from.
    """
    import warnings

    from sklearn.decomposition import MiniBatchDictionaryLearning
    from sklearn.exceptions import ConvergenceWarning

    projection = features.principal(thick, window)
    x = thick @ projection.T
    length = np.linalg.norm(x, axis=1)
    strong = length > FLAT
    x, y = x[strong] / length[strong, None], residual[strong] / length[strong, None]
    report(f"{len(x)} pairs, {x.shape[1]} features")
    learner = MiniBatchDictionaryLearning(
        n_components=atoms, alpha=0.1, max_iter=2, batch_size=2048, fit_algorithm="cd", random_state=seed
    )
    with warnings.catch_warnings():  # anchors need directions, not codes converged to the last digit
        warnings.simplefilter("ignore", ConvergenceWarning)
        dictionary = learner.fit(x[:: max(1, len(x) // dictionary_pairs)].astype(np.float64)).components_
    anchors = (dictionary / np.linalg.norm(dictionary, axis=1, keepdims=True)).astype(np.float32)
    report(f"{len(anchors)} atoms")
    projections = [_regression(anchor, x, y, neighbours, ridge) for anchor in anchors]
    return anchored.AnchoredRegression(window, projection, anchors, np.stack(projections))


def _regression(anchor: Floats, x: Floats, y: Floats, neighbours: int, ridge: float) -> npt.NDArray[Any]:
    """Transposed P of an anchor, from the pairs that point its way or the opposite one."""
    correlation = x @ anchor
    count = min(neighbours, len(x))
    near = np.argpartition(np.abs(correlation), len(x) - count)[len(x) - count :]
    a, b = x[near].astype(np.float64), y[near].astype(np.float64)
    return np.asarray(np.linalg.solve(a.T @ a + ridge * np.eye(a.shape[1]), a.T @ b), np.float32)
