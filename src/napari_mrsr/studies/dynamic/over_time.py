"""Figure 6 of the paper: SSIM and PSNR of each subject, mean and 95 % interval over its time points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from napari_mrsr.studies.dynamic.comparing import name_of
from napari_mrsr.studies.dynamic.subject import NOISE_FREE
from napari_mrsr.studies.writing import Figure

#: Colours of the paper, and of what it does not have.
COLOURS = {"trilinear": "tab:blue", "area": "tab:orange", "zero-padded": "tab:green"}
BY_KIND = {"main training": ("tab:red", "firebrick"), "fine-tuned": ("tab:purple", "indigo")}
OTHERS = ("0.55", "0.72", "tab:brown", "tab:pink")
DPI = 150


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return mean and half the width of its 95 % interval by Student's t; 0 for one value.

    Examples
    --------
    >>> mean, half = interval([1.0, 2.0, 3.0])
    >>> mean, round(half, 3)
    (2.0, 2.484)
    """
    from scipy.stats import t

    v = np.asarray(values, np.float64)
    if v.size < 2:
        return float(v.mean()), 0.0
    return float(v.mean()), float(t.ppf(0.975, v.size - 1) * v.std(ddof=1) / math.sqrt(v.size))


def figures(rows: Sequence[Mapping[str, Any]]) -> tuple[Figure, ...]:
    """Return the figure of the scores: SSIM above, PSNR below, a column for each share of k-space."""
    methods = {row["method"]: row for row in rows if row["method"] != NOISE_FREE}
    levels = sorted({row["level"] for row in rows}, reverse=True)
    subjects = list(dict.fromkeys(row["subject"] for row in rows))
    colours = _colours(methods)
    points = {
        (metric, level, method, subject): interval(
            [r[metric] for r in rows if (r["level"], r["method"], r["subject"]) == (level, method, subject)]
        )
        for metric in ("ssim", "psnr")
        for level in levels
        for method in methods
        for subject in {r["subject"] for r in rows if r["method"] == method}
    }

    def draw(path: Path) -> None:
        from matplotlib.figure import Figure as Sheet

        sheet: Any = Sheet(figsize=(2.9 * len(levels) + 1.6, 5.0), dpi=DPI, layout="constrained")
        panels = sheet.subplots(2, len(levels), squeeze=False, sharex=True)
        for r, (metric, title) in enumerate((("ssim", "SSIM"), ("psnr", "PSNR [dB]"))):
            for c, level in enumerate(levels):
                axes = panels[r, c]
                for method in methods:
                    there = [n for n, s in enumerate(subjects) if (metric, level, method, s) in points]
                    means = [points[metric, level, method, subjects[n]] for n in there]
                    middle = np.array([m for m, _ in means])
                    half = np.array([h for _, h in means])
                    x = np.array(there)
                    axes.plot(x, middle, color=colours[method], marker="o", markersize=3, linewidth=1, label=method)
                    axes.fill_between(x, middle - half, middle + half, color=colours[method], alpha=0.2, linewidth=0)
                    axes.errorbar(x, middle, half, color=colours[method], linewidth=1, capsize=2, linestyle="none")
                axes.set_xticks(range(len(subjects)), subjects, fontsize=7, rotation=0 if len(subjects) < 4 else 30)
                axes.set_xlim(-0.3, len(subjects) - 0.7)
                axes.tick_params(labelsize=7)
                axes.grid(axis="y", linewidth=0.3, color="0.8")
                axes.spines[["top", "right"]].set_visible(False)
                if r == 0:
                    axes.set_title(f"{name_of(level)} of k-space", fontsize=9)
                if c == 0:
                    axes.set_ylabel(title, fontsize=9)
        handles, labels = panels[0, 0].get_legend_handles_labels()
        sheet.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=7, frameon=False)
        sheet.savefig(path)

    caption = (
        "SSIM and PSNR of each subject, mean and 95 % interval over the time points, by share of k-space (Figure 6 of "
        "the paper)."
    )
    return (Figure("over_time", caption, draw),)


def _colours(methods: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return a colour for each method: that of the paper where it has one."""
    found: dict[str, str] = {}
    used = dict.fromkeys(BY_KIND, 0)
    spare = list(OTHERS)
    for name, row in methods.items():
        kind = row["kind"]
        if name in COLOURS:
            found[name] = COLOURS[name]
        elif kind in BY_KIND:
            found[name] = BY_KIND[kind][used[kind] % 2]
            used[kind] += 1
        else:
            found[name] = spare.pop(0) if spare else "0.3"
    return found
