"""What adapting the default network to one scan brings, and costs: writes docs/results/adapt.md and adapt.json.

``--quick`` writes adapt_quick.md and adapt_quick.json instead.

    NAPARI_MRSR_DATA=... python benchmarks/adapt.py [--out docs/results] [--quick] [--minutes 3] [--only NAME...]
    xvfb-run -a -s "-screen 0 1600x1200x24" python benchmarks/adapt.py --viewer

Each case is made thick by the published filter along one axis, so that what lies between its slices is known. The
network sees the thick scan alone. Two gains are told: in plane, on slices of the thick scan held out, which is all that a
person will see; and along the slices against the truth, which a person never has. They need not agree.

``--quick`` cuts a block of 128 x 128 pixels and takes 60 steps. ``--viewer`` opens a window, adapts there, and measures how
long the window stands still meanwhile (p95 of the gaps of a 10 ms timer), with the slider moved ten times a second.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_mrsr.errors import MrsrError
from napari_mrsr.files import read_scan
from napari_mrsr.phantoms import knee
from napari_mrsr.scan import Scan
from napari_mrsr.superres import retrospective, super_resolve, whole_slices
from napari_mrsr.training import adapt as adapting
from napari_mrsr.training.validation import psnr

FACTOR = 2
NAME = "adapt"
#: Seeds below 1000 never taught.
SEED = 7
#: What ``--quick`` leaves of the two axes across, and of the steps.
QUICK_SIDE, QUICK_STEPS = 128, 60


@dataclass(frozen=True, eq=False)
class Case:
    """A scan whose slices are made thick along an axis, and what the default network knows of its kind."""

    name: str
    scan: Scan
    axis: int
    known: str


def cases(quick: bool, only: list[str]) -> Iterator[Case]:
    """Make or read the cases that are wanted."""
    for name, make in KINDS.items():
        if only and name not in only:
            continue
        try:
            case = make(name, quick)
        except MrsrError as error:
            print(f"{name}: {error}", flush=True)
            continue
        if case is not None:
            yield cut(case) if quick else case


def cut(case: Case) -> Case:
    """Return the middle of the two axes across, and up to 48 slices."""
    where = []
    for a, n in enumerate(case.scan.shape):
        side = min(n, 48 if a == case.axis else QUICK_SIDE)
        where.append(slice((n - side) // 2, (n - side) // 2 + side))
    return replace(case, scan=replace(case.scan, array=case.scan.array[(slice(None), *where)]))


def phantom(name: str, quick: bool) -> Case:
    """Return a knee that never taught, with or without noise."""
    shape = (QUICK_SIDE, QUICK_SIDE, 48) if quick else (224, 224, 128)
    scan = knee(SEED, shape=shape, spacing=(0.5, 0.5, 0.7), noise="noisy" in name).scan
    return Case(name, scan, 2, "many such phantoms taught it")


def real(path: str, axis: int, known: str, volumes: slice = slice(None)) -> Any:
    """Return a function that reads a real scan, or says that it is not there."""

    def make(name: str, _quick: bool) -> Case | None:
        data = os.environ.get("NAPARI_MRSR_DATA")
        if not data:
            print(f"{name}: left out, NAPARI_MRSR_DATA is not set", flush=True)
            return None
        scan = read_scan(Path(data) / path)
        return Case(name, replace(scan, array=scan.array[volumes], names=scan.names[volumes]), axis, known)

    return make


#: Real scans here never taught: other contrasts, other anatomy, other vendors.
KINDS: dict[str, Any] = {
    "phantom noise-free": phantom,
    "phantom noisy": phantom,
    "knee DESS slices": real("knee/qdess_lateral", 2, "simulated knees of this contrast; no real one"),
    "brain T2w slices": real("brain/t2w_2d.nii.gz", 2, "another T2w brain"),
    "brain PD slices": real("dicom/oblique_classic", 2, "brains of other contrasts"),
    "abdomen T2w in plane": real("abdomen/t2w_sub01.nii.gz", 0, "no abdomen"),
    "abdomen GRE slices": real("abdomen/gre_3d_te1.476.nii.gz", 2, "no abdomen"),
}


def measure(case: Case, minutes: float, steps: int) -> dict[str, Any]:
    """Adapt to the thick scan, and score both networks on what it was made from."""
    thick, truth = retrospective(case.scan, FACTOR, case.axis), whole_slices(case.scan, FACTOR, case.axis)
    about: dict[str, Any] = {
        "thick": "x".join(map(str, thick.shape)),
        "spacing": "x".join(f"{s:.3g}" for s in thick.spacing),
        "known": case.known,
        "volumes": list(thick.names),
        "load": os.getloadavg()[0],
    }
    cpu = time.process_time()
    try:
        found = adapting.adapt(thick, axis=case.axis, factor=FACTOR, minutes=minutes, steps=steps)
    except MrsrError as error:
        return about | {"refused": error.line}
    about |= {
        "gain": found.gain,
        "step": found.step,
        "reason": found.reason,
        "seconds": found.seconds,
        "processor": time.process_time() - cpu,
        "axes": list(found.axes),
        "left out": list(found.left_out),
        "history": [(p.step, p.loss, p.gain, p.along) for p in found.history],
    }
    with tempfile.TemporaryDirectory() as folder:
        options = {"factor": FACTOR, "axis": case.axis}
        weights = found.save(Path(folder) / "adapted.safetensors")
        about["tricubic"] = scores(truth, super_resolve(thick, method="tricubic", **options))
        about["lean"] = scores(truth, super_resolve(thick, method="lean", **options))
        about["adapted"] = scores(truth, super_resolve(thick, weights=weights, **options))
    return about


def scores(truth: Scan, sharp: Scan) -> list[float]:
    """PSNR of each volume over the range of the truth, dB."""
    return [psnr(truth.array[n : n + 1], sharp.array[n : n + 1]) for n in range(truth.volumes)]


def both(gain: float, along: float | None = None) -> str:
    """Return the gain in plane, and along the slices made thicker where it was judged."""
    return f"{gain:+.2f}" if along is None else f"{gain:+.2f} ({along:+.2f})"


def page(results: dict[str, dict[str, Any]], quick: bool) -> str:
    """Return the page of results."""
    command = "python benchmarks/adapt.py" + (" --quick" if quick else "")
    cut_down = (
        [
            f"A quick run: the middle {QUICK_SIDE} x {QUICK_SIDE} voxels across, at most 48 slices, {QUICK_STEPS} steps.",
            "",
        ]
        if quick
        else []
    )
    lines = [
        "# Adapting to one scan",
        "",
        f"Made by `{command}`. Slices made twice as thick by the published filter; `lean` as it is and adapted to the thick",
        "scan alone, both held to the acquired slices (Wiener). *In plane* is the gain on held-out slices of the thick scan,",
        "which is all that a person sees; *along the slices* is the change against what the scan was made from, which a person",
        "never has. PSNR over the range of each volume, dB.",
        "",
        *cut_down,
        "| case | thick scan, mm | what taught `lean` | in plane | tricubic | lean | adapted | along the slices | best step | seconds (processor) |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, r in results.items():
        if "refused" in r:
            lines.append(
                f"| {name} | {r['thick']}, {r['spacing']} | {r['known']} | refused: {r['refused']} |" + " |" * 6
            )
            continue
        for n, volume in enumerate(r["volumes"]):
            change = r["adapted"][n] - r["lean"][n]
            own = (
                [name, f"{r['thick']}, {r['spacing']}", r["known"], f"{r['gain']:+.2f}"] if n == 0 else ["", "", "", ""]
            )
            end = [str(r["step"]), f"{r['seconds']:.0f} ({r['processor']:.0f})"] if n == 0 else ["", ""]
            label = [f"{own[0]} {volume}".strip(), *own[1:]]
            figures = [f"{r[m][n]:.2f}" for m in ("tricubic", "lean", "adapted")]
            lines.append(f"| {' | '.join([*label, *figures, f'{change:+.2f}', *end])} |")
    lines += [
        "",
        "## How it went",
        "",
        "Gain in plane on held-out slices [dB] at each judged step, in brackets that along the slices made thicker, and why it ended.",
        "",
    ]
    lines += ["| case | gains | ended | axes that taught |", "|---|---|---|---|"]
    for name, r in results.items():
        if "refused" not in r:
            curve = ", ".join(f"{step}: {both(*gains)}" for step, _, *gains in r["history"] if step)
            left_out = f" ({'; '.join(r['left out'])})" if r["left out"] else ""
            lines.append(f"| {name} | {curve} | {r['reason']} | {', '.join(map(str, r['axes']))}{left_out} |")
    loads = [r["load"] for r in results.values()]
    lines += [
        "",
        f"{os.cpu_count()} cores ({platform.machine()}), load {min(loads):.1f} to {max(loads):.1f} when each case began. "
        "The seconds are those of the clock, cutting and",
        "judging included, super-resolution apart; on a machine that others use the processor's seconds say more.",
        "",
        "What these data are: phantoms of a seed that never taught; real scans that never taught. *Abdomen T2w in plane*",
        "takes one in-plane axis as if it were the slice axis, because its slices of 5.5 mm are too few to be made thicker;",
        "the other in-plane axis teaches. *Abdomen GRE* is zero-filled twofold in plane.",
        "",
    ]
    return "\n".join(lines)


def window_gaps(seconds: float) -> None:
    """Adapt in a real window while the slider moves, and print how long the window stood still."""
    import napari
    from qtpy.QtCore import QTimer
    from qtpy.QtWidgets import QApplication

    from napari_mrsr.app.adapting import adapting_of
    from napari_mrsr.app.events import RefineSettings
    from napari_mrsr.app.viewing import view_of

    viewer = napari.Viewer(title="napari-mrsr", show=True)
    viewer.window.resize(1500, 950)
    _, dock = viewer.window.add_plugin_dock_widget("napari-mrsr", "Process")
    dock.adapt.expand(animate=False)
    view = view_of(viewer)
    view.session.adopt(retrospective(knee(3, shape=(256, 256, 96), spacing=(0.4, 0.4, 0.7)).scan))
    own = adapting_of(view)
    own.begin(RefineSettings())

    def until(ready: Any) -> None:
        while not ready():
            QApplication.processEvents()
            time.sleep(0.001)

    until(lambda: own.history or view.session.running is None)
    calls: list[float] = []
    timer, person = QTimer(), QTimer()
    timer.setInterval(10)
    timer.timeout.connect(lambda: calls.append(time.perf_counter()))
    person.setInterval(100)
    total = viewer.dims.nsteps[0]

    def turn() -> None:
        viewer.dims.set_current_step(0, int(time.perf_counter() * 10) % total)

    person.timeout.connect(turn)
    for scrolling in (False, True):
        end, judged = time.perf_counter() + seconds, len(own.history)
        calls.clear()
        timer.start()
        if scrolling:
            person.start()
        until(lambda end=end: time.perf_counter() > end or view.session.running is None)
        timer.stop()
        person.stop()
        gaps = 1e3 * np.diff(calls)
        print(
            f"{'while scrolling' if scrolling else 'at rest'}: p95 {np.percentile(gaps, 95):.0f} ms, longest "
            f"{gaps.max():.0f} ms in {sum(gaps) / 1e3:.0f} s; judged {len(own.history) - judged} times, load "
            f"{os.getloadavg()[0]:.1f}",
            flush=True,
        )
    view.session.stop()
    until(lambda: view.session.running is None)
    view.close()
    viewer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/results"))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--minutes", type=float, default=adapting.MINUTES)
    parser.add_argument("--only", nargs="*", default=[], choices=list(KINDS), metavar="NAME")
    parser.add_argument("--viewer", action="store_true")
    parser.add_argument("--seconds", type=float, default=12.0)
    chosen = parser.parse_args()
    if chosen.viewer:
        window_gaps(chosen.seconds)
        return
    name = f"{NAME}_quick" if chosen.quick else NAME
    record = chosen.out / f"{name}.json"
    results = json.loads(record.read_text()) if chosen.only and record.exists() else {}
    for case in cases(chosen.quick, chosen.only):
        results[case.name] = measure(case, chosen.minutes, QUICK_STEPS if chosen.quick else adapting.STEPS)
        print(case.name, {k: v for k, v in results[case.name].items() if k != "history"}, flush=True)
    record.write_text(json.dumps(results, indent=1) + "\n")
    (chosen.out / f"{name}.md").write_text(page(results, chosen.quick))


if __name__ == "__main__":
    main()
