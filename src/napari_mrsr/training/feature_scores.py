"""How well the feature network knows tissue and noise, on what never taught it.

Dice of every class on phantoms of other seeds, and the gain in PSNR where a real scan was made noisy. Whole blocks are
looked at, at most :data:`SIDE` voxels along each side of a real scan.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from napari_mrsr.training.feature_learner import FeatureLearner
from napari_mrsr.training.tissues import CLASSES, Array, Labelled

#: SD of the noise in phantoms and in real scans, of the maximum of a volume.
NOISE, REAL_NOISE = 0.02, 0.04
#: Fewest voxels of a class for its Dice to be counted.
FEWEST = 200
#: Largest side of a block of a real scan.
SIDE = 64


def dice(learner: FeatureLearner, judges: Sequence[Labelled]) -> dict[str, float]:
    """Return the Dice of every class that the phantoms hold, over all of them together."""
    found, there, both = (np.zeros(len(CLASSES)) for _ in range(3))
    for judge in judges:
        assert judge.labels is not None
        scores, _ = _answers(learner, _noisy(judge.array[0], NOISE))
        answer = scores.argmax(dim=0).numpy()
        for n in range(len(CLASSES)):
            found[n] += np.sum(answer == n)
            there[n] += np.sum(judge.labels == n)
            both[n] += np.sum((answer == n) & (judge.labels == n))
    return {name: float(2 * both[n] / (found[n] + there[n])) for n, name in enumerate(CLASSES) if there[n] >= FEWEST}


def gain(learner: FeatureLearner, judge: Labelled) -> float:
    """Return how much closer to a real scan the second head comes than the scan made noisy, dB."""
    middle = tuple(slice(max(0, (n - SIDE) // 2), (n + SIDE) // 2) for n in judge.array.shape[1:])
    wanted = torch.from_numpy(np.ascontiguousarray(judge.array[0][middle]))
    noisy = _noisy(judge.array[0][middle], REAL_NOISE)
    _, clean = _answers(learner, noisy)
    return float(10 * torch.log10(((noisy - wanted) ** 2).mean() / ((clean - wanted) ** 2).mean()))


def _noisy(image: Array, sigma: float) -> Tensor:
    """Return an image with noise, the same for every call."""
    noise = np.random.default_rng(0).standard_normal(image.shape, dtype=np.float32)
    return torch.from_numpy(np.abs(image + np.float32(sigma) * noise))


def _answers(learner: FeatureLearner, image: Tensor) -> tuple[Tensor, Tensor]:
    """Return scores ``(class, i, j, k)`` and image without noise of a block; it is continued to multiples of 4."""
    i, j, k = image.shape
    shown = functional.pad(image[None, None], [0, -k % 4, 0, -j % 4, 0, -i % 4], mode="replicate")
    learner.both.eval()
    with torch.inference_mode():
        scores, clean = learner.answers(shown.to(learner.place))
    return scores[0, :, :i, :j, :k].cpu(), clean[0, 0, :i, :j, :k].cpu()
