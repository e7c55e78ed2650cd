"""How steep the terms of an adversarial game are, beside a critic whose slope is held to 1: prints a line each.

    python benchmarks/loss_slopes.py --data DIR... [--weights FILE]

For one batch of brain slices, what a generator makes of them, and the derivative of each loss by that picture: its norm over a
picture, times the number of pictures, since losses are means over a batch. What a term should weigh follows from it
(``src/napari_mrsr/training/games.py``).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from napari_mrsr.networks import registry
from napari_mrsr.training import losses
from napari_mrsr.training.by_recipe import brain_planes
from napari_mrsr.training.games import slices
from napari_mrsr.training.in_plane import PlaneSampling

LOSSES = ("l1", "perceptual", "ssim")


def main(command_line: Sequence[str] | None = None) -> None:
    """Print the slopes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--weights", type=Path, help="of the generator; those of cpce-l1 if not given")
    arguments = parser.parse_args(command_line)
    network = registry.load(arguments.weights or "cpce-l1")
    sampling = PlaneSampling("fourier", (64, 64, 4), (1, 1, 1), 4, (0.25,), vary=True)
    batch = brain_planes(sampling, arguments.data, (), None, print).draw(0, 1)
    with torch.no_grad():
        made = network(batch.thick, 1)
    for name in LOSSES:
        picture = made.clone().requires_grad_()
        loss = losses.find(name)(picture, batch.thin)
        (slope,) = torch.autograd.grad(loss, picture)
        pictures = slices(slope)
        norm = torch.linalg.vector_norm(pictures.flatten(1), dim=1).mean() * len(pictures)
        print(f"{name}: {float(loss.detach()):.4f}, slope {float(norm):.3f}")


if __name__ == "__main__":
    main()
