"""What a loss does to super-resolution in plane: one small network, equal steps, L1, L2, SSIM and perceptual.

    python benchmarks/abdomen_losses.py [--steps 240] [--only NAME...] [--page]

Every run starts untrained, on the same patches of phantoms of training seeds, and is scored at 6.25 % of k-space on phantoms
that never teach, against their noise-free truth. Each result is appended to docs/results/abdomen_losses.jsonl as soon as it
is there, and a run found in it is not run again; ``--page`` only writes docs/results/abdomen_losses.md anew. Two more
measurements stand there: what looking through the feature network costs a patch, and what bfloat16 makes of its gradient.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from short_runs import AVERAGING, keep, kept, write_page
from torch import nn
from torch.nn import functional

from napari_mrsr.metrics.ssim import ssim
from napari_mrsr.networks import features
from napari_mrsr.networks.swift import Swift
from napari_mrsr.networks.unet import Unet
from napari_mrsr.phantoms.abdomen import SUBJECTS, abdomen
from napari_mrsr.training import in_plane, losses
from napari_mrsr.training.material import apply
from napari_mrsr.training.perceptual import Perceptual
from napari_mrsr.training.precision import mixed_precision
from napari_mrsr.training.sources import FIRST_TRAINING_SEED

Array = npt.NDArray[np.float32]

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results"
STEPS = 240
#: Share of k-space, the hardest of the paper.
FRACTION = 0.0625
#: Losses, and seeds of the start and of the patches.
LOSSES = ("l1", "l2", "ssim", "perceptual", "l1+perceptual")
SEEDS = (0, 1)
#: Phantoms that teach, and seeds of those that are scored.
TEACHING, SCORED = 8, (31, 32, 33)
#: Slices of a phantom, in its middle.
SLICES = 12
NETWORK = {"features": 16, "blocks": 1}
SAMPLING = in_plane.PlaneSampling(
    "fourier", patch=(32, 32, 12), stride=(8, 8, 1), batch=8, fractions=(FRACTION,), vary=True
)
LEARNING_RATE, WARM_UP = 2e-3, 20
#: Share of the voxels, those with the steepest true borders, where sharpness is measured.
BORDERS = 0.1


@dataclass(frozen=True)
class Judge:
    """A phantom that is scored: what was acquired, as the network sees it, and the noise-free truth."""

    name: str
    zero_filled: Array
    trilinear: Array
    truth: Array


def middle(seed: int, number: int) -> tuple[Array, Array]:
    """Return the middle slices of a phantom, with and without noise, divided by the maximum of the first."""
    protocol = SUBJECTS[number]
    x, y, z = protocol.matrix
    window = (slice(0, x), slice(0, y), slice((z - SLICES) // 2, (z + SLICES) // 2))
    made = abdomen(seed, protocol=protocol, frames=1, window=window)
    scale = float(made.scan.array.max())
    return made.scan.array[0] / scale, made.noiseless.array[0] / scale


def teaching() -> list[in_plane.PlaneSource]:
    """Return the phantoms that teach, the three protocols in turn."""
    return [
        in_plane.PlaneSource(f"abdomen {seed}", str(seed), middle(seed, 1 + n % 3)[0])
        for n, seed in enumerate(range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + TEACHING))
    ]


def judges() -> list[Judge]:
    """Return the phantoms that are scored, one of each protocol."""
    found = []
    for n, seed in enumerate(SCORED):
        noisy, truth = middle(seed, 1 + n % 3)
        seen = [in_plane.degraded(noisy, FRACTION, way) for way in ("fourier", "trilinear")]
        found.append(Judge(f"subject {1 + n % 3}", seen[0], seen[1], truth))
    return found


def steepness(image: Array) -> Array:
    """Return the modulus of the gradient in plane, per voxel."""
    return np.hypot(*np.gradient(image, axis=(0, 1))).astype(np.float32)


def scores(image: Array, truth: Array) -> dict[str, float]:
    """Return PSNR [dB], SSIM, and the mean gradient at the steepest true borders relative to the truth's."""
    slopes = steepness(truth)
    borders = slopes >= np.quantile(slopes, 1 - BORDERS)
    return {
        "psnr": float(20 * np.log10(np.ptp(truth)) - 10 * np.log10(np.mean((image - truth) ** 2))),
        "ssim": ssim(truth, image),
        "gradient": float(steepness(image)[borders].mean() / slopes[borders].mean()),
    }


def train(name: str, seed: int, steps: int, sources: Sequence[in_plane.PlaneSource]) -> tuple[Swift, float]:
    """Return the averaged network and the processor time of its steps, s."""
    torch.manual_seed(seed)
    network, loss_of = Swift(**NETWORK), losses.find(name)
    network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGING)
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    precision = mixed_precision(torch.device("cpu"))
    began = time.process_time()
    for step in range(steps):
        batch = in_plane.draw(sources, SAMPLING, seed, step)
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * min(1.0, (step + 1) / WARM_UP)
        with torch.autocast("cpu", dtype=precision, enabled=precision is not None):
            sharp = network(batch.thick)
        loss = loss_of(sharp.float(), batch.thin)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        average.update_parameters(network)
    return average.module, time.process_time() - began


def seconds_of(step: Callable[[], None], repeats: int = 3) -> float:
    """Return the least processor time of a step, s."""
    found = []
    for _ in range(repeats + 1):
        began = time.process_time()
        step()
        found.append(time.process_time() - began)
    return min(found[1:])


def costs() -> dict[str, float]:
    """Return processor time of one published patch in a training step, ms: of two networks, and of the perceptual loss."""
    patches = 4
    x, y = torch.rand(2, patches, 1, *in_plane.PATCH)
    precision = mixed_precision(torch.device("cpu"))

    def learn(network: nn.Module) -> Callable[[], None]:
        network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]

        def step() -> None:
            with torch.autocast("cpu", dtype=precision, enabled=precision is not None):
                sharp = network(x)
            functional.l1_loss(sharp.float(), y).backward()  # type: ignore[no-untyped-call]

        return step

    def look(network: features.Features) -> Callable[[], None]:
        loss_of = Perceptual(network)
        return lambda: loss_of(x.clone().requires_grad_(), y).backward()  # type: ignore[no-untyped-call]

    steps = {
        "`unet`, forward and back": learn(Unet()),
        "`swift`, forward and back": learn(Swift()),
        "perceptual loss, as shipped": look(features.load()),
        "perceptual loss, half as wide": look(features.Features(features.load().settings["width"] // 2)),
        "perceptual loss, published width": look(features.Features(features.PUBLISHED_WIDTH)),
    }
    return {name: 1000 * seconds_of(step) / patches for name, step in steps.items()}


def agreements(judge: Judge) -> list[tuple[float, float]]:
    """Return the cosine between the gradients of the perceptual loss in bfloat16 and in single precision, by error.

    The error is a share of what zero-filling gets wrong; its mean modulus is in per cent of the maximum.
    """
    block = (slice(64, 160), slice(48, 144))
    thin, seen = (torch.from_numpy(image[block].copy())[None, None] for image in (judge.truth, judge.zero_filled))
    network = features.load()
    found = []
    for share in (1.0, 0.3, 0.1):
        sharp, slopes = thin + share * (seen - thin), []
        for reduced in (False, True):
            image = sharp.clone().requires_grad_()
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=reduced):
                levels = zip(network(image), network(thin), strict=True)
                loss = torch.stack([functional.l1_loss(a.float(), b.float()) for a, b in levels]).sum()
            slopes.append(torch.autograd.grad(loss, image)[0].flatten())
        error = 100 * float((sharp - thin).abs().mean())
        found.append((error, float(functional.cosine_similarity(*slopes, dim=0))))
    return found


def page(results: Sequence[dict[str, Any]]) -> str:
    """Return the Markdown page of the results."""
    other = {key: value for r in results if "scores" not in r for key, value in r.items()}
    results = [r for r in results if "scores" in r]
    names = list(dict.fromkeys(r["name"] for r in results))
    steps = max(r["steps"] for r in results)
    lines = [
        "# Losses for super-resolution in plane",
        "",
        "Made by `python benchmarks/abdomen_losses.py`. `swift` with "
        f"{NETWORK['features']} features and {NETWORK['blocks']} block, untrained at the start, {steps} steps of "
        f"{SAMPLING.batch} patches of {' x '.join(map(str, SAMPLING.patch))} voxels from {TEACHING} abdomen phantoms with noise, "
        f"Adam {LEARNING_RATE:g}. Scored on {len(SCORED)} phantoms that never teach, {SLICES} slices each, at "
        f"{100 * FRACTION:g} % of k-space, against their noise-free truth. Mean over phantoms and starts.",
        "",
        "Gradient: mean slope in plane at the steepest tenth of the true borders, relative to the truth; 1 is as sharp as the "
        "truth, more is sharper than it.",
        "",
        "| loss | PSNR [dB] | SSIM | gradient | CPU ms a step | starts |",
        "|---|---|---|---|---|---|",
    ]
    for name in names:
        own = [r for r in results if r["name"] == name]
        mean = {
            key: float(np.mean([case[key] for r in own for case in r["scores"].values()]))
            for key in ("psnr", "ssim", "gradient")
        }
        cost = f"{1000 * np.mean([r['seconds'] / r['steps'] for r in own]):.0f}" if own[0]["steps"] else "-"
        lines.append(
            f"| {name} | {mean['psnr']:.2f} | {mean['ssim']:.4f} | {mean['gradient']:.3f} | {cost} | "
            f"{len(own) if own[0]['steps'] else '-'} |"
        )
    lines += [
        "",
        "## What looking through the feature network costs",
        "",
        f"Processor time of a patch of {' x '.join(map(str, in_plane.PATCH))} voxels in a training step, one core; networks in the "
        "precision of training, the loss in single precision.",
        "",
        "| what | ms a patch |",
        "|---|---|",
        *(f"| {name} | {value:.1f} |" for name, value in other.get("costs", {}).items()),
        "",
        "## Why the loss is in single precision",
        "",
        "Cosine between its gradients in bfloat16 and in single precision, for errors in the direction of zero-filling.",
        "",
        "| mean error, % of the maximum | cosine |",
        "|---|---|",
        *(f"| {error:.2f} | {cosine:.2f} |" for error, cosine in other.get("agreements", [])),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run what is missing and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--only", nargs="*", help="losses by name")
    parser.add_argument("--page", action="store_true", help="only write the page")
    arguments = parser.parse_args()
    file = arguments.out / "abdomen_losses.jsonl"
    done = {(r["name"], r["seed"]) for r in kept(file) if "scores" in r}
    if not arguments.page and not any("costs" in r for r in kept(file)):
        keep(file, {"costs": costs(), "agreements": agreements(judges()[0])})
    wanted = [(name, seed) for seed in SEEDS for name in (arguments.only or LOSSES) if (name, seed) not in done]
    if wanted and not arguments.page:
        sources, scored = teaching(), judges()
        for name, way in (("zero-filled", "zero_filled"), ("trilinear", "trilinear")):
            if (name, 0) not in done:
                found = {j.name: scores(getattr(j, way), j.truth) for j in scored}
                keep(file, {"name": name, "seed": 0, "steps": 0, "seconds": 0.0, "scores": found})
        for name, seed in wanted:
            network, seconds = train(name, seed, arguments.steps, sources)
            found = {j.name: scores(apply(network, j.zero_filled), j.truth) for j in scored}
            keep(file, {"name": name, "seed": seed, "steps": arguments.steps, "seconds": seconds, "scores": found})
            print(name, seed, f"{seconds:.0f} s", found, flush=True)
    results = kept(file)
    if results:
        write_page(arguments.out / "abdomen_losses.md", page(results))


if __name__ == "__main__":
    main()
