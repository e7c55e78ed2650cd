"""Quick schedules of fine-tuning beside the published one: writes docs/results/fine_tuning.jsonl and fine_tuning.md.

    python benchmarks/fine_tuning.py [--method swift | --weights FILE | --run FOLDER] [--seeds 21 22]
        [--region 104:152,72:120,0:40] [--shape 256 192 40] [--only NAME...] [--page]

For each seed the planning scan of a phantom (another pose, breath held) teaches within a region, by each schedule in
turn, all of it as published (``--hold-out N``: but for N slices at one end, which choose the weights that are kept), and two frames of the breathing person judge: PSNR and SSIM over the truth of the whole network's result within a
window of the dynamic frame. The published schedule sees every patch of the region once at stride 1; the region makes
that an hour's work instead of days. The moments of Adam are those of the run where one is given (``--run``), once
estimated, once begun anew; how far the estimated lie from the true ones is a row of its own.

Rows that stand in the file are not computed again: the command may be stopped and given again. ``--page`` only writes
the page.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from napari_mrsr.cli.finetune import region_of
from napari_mrsr.metrics.ssim import ssim
from napari_mrsr.networks import registry
from napari_mrsr.networks.network import Network
from napari_mrsr.phantoms.abdomen import SUBJECTS, abdomen
from napari_mrsr.scan import Scan
from napari_mrsr.training import adam_moments, checkpoint, losses
from napari_mrsr.training.fine_tuning import fine_tune
from napari_mrsr.training.in_plane import PlaneSampling, degraded
from napari_mrsr.training.planning_pairs import Region, planning_pairs
from napari_mrsr.training.schedules import PUBLISHED, QUICK, Schedule
from napari_mrsr.training.tuner import Tuner

NAME = "fine_tuning"
#: Never taught: seeds below 1000.
SEEDS = (21, 22)
#: The hardest share of k-space of the paper.
FRACTION = 0.0625
#: The published schedule as a ratio: the paper's training went at 1e-4, that of ``swift`` at 1e-3.
HUNDREDTH = "published, a hundredth of training's rate"
#: Scale of the moments below which most weights have no gradient, and what is said then.
NO_GRADIENT = 1e-3
SILENT = (
    "A scale of 0.00 says that more than half of the weights have no gradient on the planning scan: the coarse level of the\n"
    "shipped weights of `swift` is dead ([training log](../training-log.md)). The moments that training left there are those of\n"
    "the time before. A hundred steps estimate them no better than one."
)
#: Minutes that a quick schedule has.
MINUTES = 10.0


def schedules() -> Iterator[Schedule]:
    """Yield what is compared, the published one first: at the paper's rate, and at a hundredth of this network's."""
    yield replace(PUBLISHED, moments=0, learning_rate=1e-6)
    yield replace(PUBLISHED, name=HUNDREDTH, moments=0)
    yield replace(PUBLISHED, name="published, moments estimated", moments=100)
    for rate in (1e-6, 1e-5, 1e-4, 3e-4, 1e-3):
        yield replace(QUICK, name=f"quick at {rate:g}", learning_rate=rate)
    yield replace(QUICK, name="quick at 0.0003, last weights", averaging=0.0)
    yield replace(QUICK, name="quick at 0.0003, no fall", fall=0.0)
    yield replace(QUICK, name="quick at 0.0003, 48 x 48 x 12", patch=(48, 48, 12), batch=4)
    yield replace(QUICK, name="quick at 0.001, 48 x 48 x 12", patch=(48, 48, 12), batch=4, learning_rate=1e-3)


def frames_of(seed: int, shape: tuple[int, int, int]) -> tuple[Scan, Scan]:
    """Return the planning scan and two frames of a person who taught nothing."""
    protocol = SUBJECTS[1]
    planning = abdomen(seed, protocol=protocol, pose="planning", shape=shape).scan
    return planning, abdomen(seed, protocol=protocol, shape=shape, frames=2).scan


def quality(network: Network, frames: Scan, window: tuple[slice, ...]) -> dict[str, float]:
    """Return PSNR (dB, over the maximum of the frame) and SSIM of what a network makes of the degraded frames."""
    found: dict[str, list[float]] = {"psnr": [], "ssim": []}
    assert network.interpolation is not None
    for frame in frames.array:
        truth = (frame / frame.max()).astype(np.float32)
        seen = degraded(truth, FRACTION, network.interpolation)[window]
        with torch.inference_mode():
            sharp = network(torch.from_numpy(np.ascontiguousarray(seen))[None, None], 1)[0, 0].float().numpy()
        error = float(np.mean((sharp - truth[window]) ** 2, dtype=np.float64))
        found["psnr"].append(-10 * np.log10(error))
        found["ssim"].append(ssim(truth[window], sharp, data_range=1.0))
    return {name: float(np.mean(values)) for name, values in found.items()}


def window_of(shape: tuple[int, int, int]) -> tuple[slice, ...]:
    """Return the middle of a frame, from multiples of 4 on."""
    sides = (min(128, shape[0]), min(96, shape[1]), shape[2])
    return tuple(slice((n - m) // 8 * 4, (n - m) // 8 * 4 + m) for n, m in zip(shape, sides, strict=True))


def measure(
    seed: int, schedule: Schedule, start: str | Path, region: Region, shape: tuple[int, int, int], hold_out: int | None
) -> dict[str, Any]:
    """Fine-tune by one schedule, and judge on the dynamic frames."""
    planning, frames = frames_of(seed, shape)
    window = window_of(frames.shape)
    options: dict[str, Any] = {"start": start} if isinstance(start, Path) else {"method": start}
    before = quality(registry.load(_weights(start)), frames, window)
    cpu, began = time.process_time(), time.monotonic()
    found = fine_tune(planning, schedule=schedule, region=region, kspace=FRACTION, hold_out=hold_out, **options)
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    after = quality(found.network, frames, window)
    account = found.account
    return {
        "seed": seed,
        "schedule": asdict(schedule),
        "region": region,
        "shape": shape,
        "moments": account.moments,
        "patches": account.patches,
        "steps": account.history[-1].step,
        "best": account.steps,
        "reason": account.reason,
        "seconds": seconds,
        "processor": cpu,
        "load": os.getloadavg()[0],
        "held_out": account.held_out,
        "held_out_db": account.gain_db,
        "before": before,
        "after": after,
        "curve": [(p.step, round(p.seconds, 1), round(p.gain or 0.0, 4)) for p in account.history],
    }


def begin(start: str | Path, schedule: Schedule, folder: Path) -> str | Path:
    """Return what a schedule begins with: the published one goes on with a run's optimizer, others know nothing of it."""
    weights = _weights(start)
    if schedule.name in ("published", HUNDREDTH) or not isinstance(weights, Path):
        return start
    return Path(shutil.copy(weights, folder / "alone.safetensors"))


def moments_apart(seed: int, run: Path, region: Region, shape: tuple[int, int, int]) -> list[dict[str, Any]]:
    """Return how far estimated moments lie from those of the run, after some steps."""
    network = registry.load(run / "weights.safetensors")
    assert network.interpolation is not None
    planning, _ = frames_of(seed, shape)
    sampling = PlaneSampling(network.interpolation, PUBLISHED.patch, (1, 1, 1), 16, (FRACTION,))
    pairs = planning_pairs(planning, sampling, region=region)
    true = Tuner(network, [], torch.device("cpu"), losses.find("l1"), 0.0)
    adam_moments.restore(true.optimizer, true.network, checkpoint.load(run / "checkpoint")[0])
    expected = adam_moments.moments(true.optimizer, true.network)
    own = Tuner(registry.load(run / "weights.safetensors"), [], torch.device("cpu"), losses.find("l1"), 0.0)
    rows = []
    for number in range(1, 101):
        own.step(pairs.anywhere(seed, number), 0.0)
        if number in (1, 10, 30, 100):
            found = adam_moments.difference(adam_moments.moments(own.optimizer, own.network), expected)
            rows.append({"steps": number, **asdict(found)})
    return rows


def key_of(row: dict[str, Any]) -> str:
    """Return what makes a row one that is not computed again."""
    return json.dumps([row["seed"], row["name"], row["start"], row["region"], row["shape"], row.get("hold_out")])


def page(rows: list[dict[str, Any]]) -> str:
    """Return the page of results."""
    measured = [row for row in rows if "after" in row]
    published: dict[tuple[int, str, int], float] = {}
    for row in measured:
        if row["name"] in ("published", HUNDREDTH):
            published[where(row)] = max(published.get(where(row), 0.0), gain(row))
    lines = [
        "# How to fine-tune quickly",
        "",
        f"Made by `python benchmarks/{NAME}.py`. A phantom's planning scan teaches within a region; two frames of the",
        f"breathing person judge, at {FRACTION:.2%} of k-space. *Share* is the gain in PSNR over the larger one of the published",
        "schedule, at the paper's rate or at a hundredth of this network's, of the same seed and region.",
        "",
        "| seed | region | schedule | began with | Adam's moments | steps (best) | seconds (processor) | slices that judge; gain there, dB "
        "| PSNR before, dB | after | gain, dB | SSIM before | after | share |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in measured:
        share = f"{gain(row) / published[where(row)]:.0%}" if published.get(where(row), 0) > 0 else "-"
        lines.append(
            f"| {row['seed']} | {region_text(row)} | {row['name']} | {row['start']} | {row['moments']} | {row['steps']} ({row['best']}) "
            f"| {row['seconds']:.0f} ({row['processor']:.0f}) | {row.get('held_out', 5)}; {row['held_out_db']:+.3f} | {row['before']['psnr']:.2f} "
            f"| {row['after']['psnr']:.2f} | {gain(row):+.3f} | {row['before']['ssim']:.4f} | {row['after']['ssim']:.4f} "
            f"| {share} |"
        )
    if len({row["seed"] for row in measured}) == 1:
        lines += ["", "All of it on one phantom: how much the share differs from person to person was not measured."]
    lines += [line for row in measured if row["name"] == "published" for line in undecided(row)]
    apart = [row for row in rows if "apart" in row]
    if apart:
        lines += [
            "",
            "## Moments of Adam, estimated",
            "",
            "Steps at learning rate 0 on the planning scan against the moments of the training run: norm of the difference of",
            "the mean and of the root of the second moment over the true norm, cosine of the steps, median ratio of the sizes.",
            "",
            "| seed | region | steps | mean | size | direction | scale |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {row['seed']} | {region_text(row)} | {one['steps']} | {one['mean']:.2f} | {one['size']:.2f} | {one['direction']:.2f} "
            f"| {one['scale']:.2f} |"
            for row in apart
            for one in row["apart"]
        ]
        if any(one["scale"] < NO_GRADIENT for row in apart for one in row["apart"]):
            lines += ["", SILENT]
    if measured:
        loads = [row["load"] for row in measured]
        lines += [
            "",
            f"Regions of {'x'.join(map(str, measured[0]['shape']))} voxels; patches of the published schedule in the largest: "
            f"{max(row['patches'] for row in measured):,}.",
            f"{os.cpu_count()} cores, load {min(loads):.1f} to {max(loads):.1f} when each began.",
            "",
        ]
    return "\n".join(lines)


def undecided(row: dict[str, Any]) -> list[str]:
    """Return what a published epoch without a gain leaves open, and how long that of the whole volume would take."""
    if gain(row) > 0:
        return []
    whole = int(np.prod([n - m + 1 for n, m in zip(row["shape"], PUBLISHED.patch, strict=True)]))
    hours = row["processor"] / row["patches"] * whole / 3600
    return [
        "",
        f"Seed {row['seed']}, {region_text(row)}: the published epoch of {row['steps']} steps gains nothing on held-out slices, so "
        "that no share can be given. Every schedule keeps the weights it began with where held-out slices do not gain. The "
        f"published epoch over the whole volume, {whole:,} patches, would take {hours:.1f} h of a core.",
    ]


def region_text(row: dict[str, Any]) -> str:
    """Return the region of a row, as it is given."""
    return ", ".join(f"{a}:{b}" for a, b in row["region"])


def where(row: dict[str, Any]) -> tuple[int, str, int]:
    """Return what rows must share to be compared."""
    return row["seed"], region_text(row), row.get("held_out", 5)


def gain(row: dict[str, Any]) -> float:
    """Return the gain of a row on the dynamic frames, dB."""
    return float(row["after"]["psnr"] - row["before"]["psnr"])


def _weights(start: str | Path) -> str | Path:
    return start / "weights.safetensors" if isinstance(start, Path) and start.is_dir() else start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/results"))
    parser.add_argument("--method", default="swift")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--run", type=Path, help="folder of a run of train: its optimizer goes on")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--region", default="104:152,72:120,0:40")
    parser.add_argument("--shape", type=int, nargs=3, default=(256, 192, 40))
    parser.add_argument("--hold-out", type=int, default=0, help="slices that choose the weights; 0: none, as published")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--page", action="store_true", help="only write the page")
    chosen = parser.parse_args()
    record = chosen.out / f"{NAME}.jsonl"
    rows = [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []
    if not chosen.page:
        known = {key_of(row) for row in rows}
        start: str | Path = chosen.run or chosen.weights or chosen.method
        region, shape = region_of(chosen.region), tuple(chosen.shape)

        def keep(row: dict[str, Any]) -> None:
            row = json.loads(json.dumps(row))
            rows.append(row)
            with record.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print({name: value for name, value in row.items() if name not in ("schedule", "curve")}, flush=True)

        for seed in chosen.seeds:
            about = {
                "seed": seed,
                "start": Path(_weights(start)).name,
                "region": region,
                "shape": shape,
                "hold_out": chosen.hold_out,
            }
            for schedule in schedules():
                row = {**about, "name": schedule.name}
                if key_of(row) in known or (chosen.only and schedule.name not in chosen.only):
                    continue
                if schedule.minutes is not None:
                    schedule = replace(schedule, minutes=chosen.minutes)
                with tempfile.TemporaryDirectory() as folder:
                    keep(
                        {
                            **row,
                            **measure(
                                seed, schedule, begin(start, schedule, Path(folder)), region, shape, chosen.hold_out
                            ),
                        }
                    )
            row = {**about, "name": "moments"}
            if chosen.run is not None and key_of(row) not in known:
                keep({**row, "apart": moments_apart(seed, chosen.run, region, shape)})
    (chosen.out / f"{NAME}.md").write_text(page(rows))


if __name__ == "__main__":
    main()
