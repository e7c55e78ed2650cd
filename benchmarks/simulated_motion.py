"""What reading the frames from one still image costs their detail; says it of every scan of a folder.

    python benchmarks/simulated_motion.py DIR

prints the power of the upper half band in plane, of the frame that lost or won most and of the planning scan, over that
of the scan as it was acquired.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_mrsr.studies.layouts.moved import find_moved
from napari_mrsr.studies.simulated_motion import kept_detail


def main(folder: Path) -> None:
    """Print a line per scan."""
    cohort = find_moved(folder)
    for name, reason in dict(cohort.origin["left out"]).items():
        print(f"{name}: left out, {reason}")
    print(f"{'scan':20} {'matrix':>14} {'spacing, mm':>18} {'breath, mm':>10} {'frames':>14} {'planning':>9}")
    for entry in cohort.entries:
        subject = entry.load()
        still, lying = subject.dynamic.volume(0), subject.planning
        assert lying is not None
        frames = kept_detail(subject.dynamic)
        both = kept_detail(replace(still, array=np.concatenate([still.array, lying.array]), names=("still", "lying")))
        depth = max(subject.dynamic.history[-1].parameters["diaphragm"])
        size = "x".join(str(n) for n in still.shape)
        spacing = "x".join(f"{s:.3g}" for s in still.spacing)
        print(
            f"{entry.name:20} {size:>14} {spacing:>18} {depth:10.1f} {frames.min():6.3f}-{frames.max():6.3f} {both[1]:9.3f}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
