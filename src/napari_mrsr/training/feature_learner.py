r"""What the feature network learns: which tissue a voxel is, and what would be there without noise.

A linear layer at each level gives a score per class and one more value; those of the coarser levels are interpolated to
the image and all are added (as Long et al., CVPR 2015, do it), so that every level must say something by itself. With
the cross entropy H of the classes c of phantoms, weighted by one over the root of their frequency, and the image y
without the noise that was added,

.. math:: H(c, \hat c) + \lambda\, \overline{|\hat y - y|}, \qquad \lambda = 10.

Phantoms teach both, real scans the second alone. A batch follows from seed and step, and a checkpoint holds the
statistics of the normalisation too: a run goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_mrsr.errors import BadParameter
from napari_mrsr.networks.features import Features
from napari_mrsr.training import adam_moments
from napari_mrsr.training.features import rate
from napari_mrsr.training.precision import mixed_precision, placed
from napari_mrsr.training.record import Record
from napari_mrsr.training.tissues import CLASSES, UNKNOWN, Batch, Labelled, draw

if TYPE_CHECKING:
    from napari_mrsr.training.features import Recipe

#: Weight of the error without noise.
DENOISING = 10.0
#: Steps between lines of the log, and its columns beside step and minutes.
LOG_EVERY, COLUMNS = 50, ("learning_rate", "loss")


class FeatureLearner:
    """The network with its heads, what teaches it, and how far it is."""

    def __init__(self, recipe: Recipe, sources: Sequence[Labelled], place: torch.device, seed: int) -> None:
        torch.manual_seed(seed)
        self.recipe, self.sources, self.place, self.seed = recipe, sources, place, seed
        self.precision = mixed_precision(place)
        self.network = Features(recipe.width)
        self.heads = nn.ModuleList(nn.Conv3d(width, len(CLASSES) + 1, 1) for width in self.network.widths)
        self.both = nn.ModuleDict({"network": self.network, "heads": self.heads})
        placed(self.both, place)
        self.optimizer = torch.optim.Adam(self.both.parameters(), lr=recipe.learning_rate)
        self.weights = self._weights().to(place)

    def _weights(self) -> Tensor:
        """Return the weight of each class: one over the root of its share of the phantoms, 1 on average."""
        count = np.ones(len(CLASSES))
        for source in self.sources:
            if source.labels is not None:
                count += np.bincount(source.labels.ravel(), minlength=len(CLASSES))
        weights = 1 / np.sqrt(count / count.sum())
        return torch.from_numpy((weights / (weights * count / count.sum()).sum()).astype(np.float32))

    def answers(self, shown: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is said of images ``(patch, 1, i, j, k)``.

        The scores of the classes, ``(patch, class, i, j, k)``, and the images without noise, ``(patch, 1, i, j, k)``.
        """
        with torch.autocast(self.place.type, dtype=self.precision, enabled=self.precision is not None):
            levels = self.network(shown)
            said = [head(level).float() for head, level in zip(self.heads, levels, strict=True)]
        whole: Tensor = said[0]
        for coarse in said[1:]:
            whole = whole + functional.interpolate(coarse, size=said[0].shape[2:], mode="trilinear")
        return whole[:, :-1], shown + whole[:, -1:]

    def loss(self, batch: Batch) -> Tensor:
        """Return what a step makes small."""
        scores, clean = self.answers(batch.shown.to(self.place))
        tissue = functional.cross_entropy(scores, batch.classes.to(self.place), self.weights, ignore_index=UNKNOWN)
        return tissue + DENOISING * functional.l1_loss(clean, batch.clean.to(self.place))

    def learn(
        self,
        out: Path,
        minutes: float | None,
        progress: Callable[[int, int, float], None] | None,
        report: Callable[[str], None],
    ) -> tuple[int, float]:
        """Take steps until the last or the end of the minutes; returns the step reached and the hours spent in all."""
        recipe = self.recipe
        record = Record(out, COLUMNS, minutes)
        step = record.resume(lambda tensors: self._restore(tensors, record.checkpoint))
        if step:
            report(f"resumed at step {step}")
        self.both.train()
        losses: list[float] = []

        def save() -> None:
            record.save(self._tensors(), step, seed=self.seed, recipe=asdict(recipe))

        with ThreadPoolExecutor(1) as ahead:
            upcoming = ahead.submit(draw, self.sources, recipe.patch, recipe.batch, self.seed, step)
            while step < recipe.steps:
                batch = upcoming.result()
                upcoming = ahead.submit(draw, self.sources, recipe.patch, recipe.batch, self.seed, step + 1)
                for group in self.optimizer.param_groups:
                    group["lr"] = rate(recipe, step)
                loss = self.loss(batch)
                self.optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                self.optimizer.step()
                step += 1
                losses.append(float(loss.detach()))
                if step % LOG_EVERY == 0 or step == recipe.steps:
                    mean = sum(losses) / len(losses)
                    losses.clear()
                    record.log(step, rate(recipe, step - 1), mean)
                    if progress:
                        progress(step, recipe.steps, mean)
                if record.is_due:
                    save()
                if record.is_over:
                    break
        save()
        return step, record.hours

    def _tensors(self) -> dict[str, Tensor]:
        tensors = {f"network/{name}": tensor for name, tensor in self.both.state_dict().items()}
        return tensors | adam_moments.tensors_of(self.optimizer, self.both)

    def _restore(self, tensors: Mapping[str, Tensor], folder: Path) -> None:
        own = {name.partition("/")[2]: tensor for name, tensor in tensors.items() if name.startswith("network/")}
        try:
            self.both.load_state_dict(own)
        except RuntimeError as error:
            raise BadParameter(
                "holds a run of a network of another size", where=folder, remedy="choose another folder"
            ) from error
        adam_moments.restore(self.optimizer, self.both, tensors)
