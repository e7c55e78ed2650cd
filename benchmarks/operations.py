"""Time what runs on every volume besides the network: writes docs/results/operations.md from the other benchmarks.

python benchmarks/operations.py [--out docs/results/operations.md]
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PARTS = {
    "t2_map.py": "T2 map of two echoes, by estimator (aim: at most 1 s)",
    "ssim.py": "SSIM map (aim: 1.5 times as fast as scikit-image in a third of its memory)",
}


def main() -> None:
    """Run the benchmarks one after the other and keep what they print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs" / "results" / "operations.md")
    arguments = parser.parse_args()
    lines = [
        "# Speed of maps and metrics",
        "",
        "What `python benchmarks/operations.py` printed for 416 x 416 x 160 voxels, on 2 cores of a shared machine",
        f"({platform.machine()}). Trust the ratios more than the seconds.",
    ]
    for script, title in PARTS.items():
        done = subprocess.run([sys.executable, HERE / script], capture_output=True, text=True, check=True)
        lines += ["", f"## {title}", "", f"`python benchmarks/{script}`", "", "```text", done.stdout.strip(), "```"]
    arguments.out.write_text("\n".join(lines) + "\n")
    print(arguments.out)


if __name__ == "__main__":
    main()
