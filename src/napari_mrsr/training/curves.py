"""The learning curve of a run, as a picture."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path


def plot(log: Path, picture: Path) -> Path:
    """Draw the loss, and the gain over what it is compared with or the error of maps, from a run's ``training.csv``."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    losses: list[tuple[int, float]] = []
    axis, error = "PSNR gain over tricubic [dB]", "mean percentage error [%]"
    gains: dict[str, list[tuple[int, float]]] = defaultdict(list)
    with log.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["loss"]:
                losses.append((int(row["step"]), float(row["loss"])))
            found = re.fullmatch(r"(.+): [-\d.]+ dB, ([-+\d.]+) over (.+)", row["note"])
            if found:
                gains[found[1]].append((int(row["step"]), float(found[2])))
                axis = f"PSNR gain over {found[3]} [dB]"
            judge, told, errors = row["note"].partition(": error of ")
            for name, value in re.findall(r"(T\d) ([\d.]+) %", errors) if told else ():
                gains[f"{judge}, {name}"].append((int(row["step"]), float(value)))
                axis = error
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    if losses:
        left.plot(*zip(*losses, strict=True), lw=0.8)
        if all(loss > 0 for _, loss in losses):  # that of an adversarial game may be negative
            left.set_yscale("log")
    left.set(xlabel="step", ylabel="loss")
    for name, points in gains.items():
        right.plot(*zip(*points, strict=True), marker=".", label=name)
    right.axhline(0, color="grey", lw=0.5)
    right.set(xlabel="step", ylabel=axis)
    if gains:
        right.legend(fontsize=6)
    figure.savefig(picture, dpi=110)
    return picture
