"""A measurement is a process of its own: its peak memory, its processor seconds and its failure are nobody else's.

A script that measures hands its arguments on: called with ``--measure NAME ARGUMENT ...`` it runs one of its functions
and prints what that returns as JSON (:func:`answer`); called by a person it starts itself so for each (:func:`in_a_process`).
Two scripts measure networks of the plane by name, with the same options (:func:`parser_of`, :func:`of_methods`).
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Result = dict[str, Any]


def in_a_process(script: str, what: str, *arguments: object) -> Result:
    """Run one measurement of a script in a process of its own; its failure is a result too."""
    command = [sys.executable, script, "--measure", what, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1][:200] if done.stderr.strip() else "killed"}
    found: Result = json.loads(done.stdout.splitlines()[-1])
    print(what, *arguments[1:2], found, file=sys.stderr)
    return found


def answer(measure: Callable[[], Result]) -> None:
    """Print one measurement as JSON, with the largest resident size of this process."""
    found = measure()
    found.setdefault("peak GiB", peak())
    print(json.dumps(found))


def peak() -> float:
    """Return the largest resident size of this process, GiB.

    Linux counts in ``ru_maxrss`` what the process held that started this one; its status does not.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / 2**20


def timed(run: Callable[[], Any]) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def write(text: str, found: object, out: Path | None) -> None:
    """Print a report, and write it beside its numbers where asked."""
    print(text)
    if out is not None:
        out.write_text(text)
        out.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n")


def parser_of(
    text: str | None, measures: Sequence[str], *, shape: tuple[int, int, int], methods: Sequence[str]
) -> argparse.ArgumentParser:
    """Return the options of a script that measures methods on one volume."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", type=int, nargs=3, default=shape)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--methods", nargs="*", default=methods)
    parser.add_argument("--weights", type=Path, nargs="*", default=[], help="in place of the shipped ones")
    parser.add_argument("--only", nargs="*", choices=tuple(measures), default=tuple(measures))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    return parser


def of_methods(
    script: str, measures: Sequence[str], options: argparse.Namespace, path: Path
) -> dict[str, dict[str, Result]]:
    """Run what was asked for on a volume, method by method, each with weights of its own where they were given."""
    from napari_mrsr.networks import registry

    own = {registry.read_header(file)["architecture"]: str(file) for file in options.weights}
    return {
        name: {
            what: in_a_process(script, what, path, name, own.get(name, ""), options.threads)
            if what in options.only
            else {"failed": "not run"}
            for what in measures
        }
        for name in options.methods
    }


def made_by(script: str) -> str:
    """Return the command as it was given."""
    return " ".join(f"python benchmarks/{Path(script).name} {' '.join(sys.argv[1:])}".split())


def machine() -> str:
    """Return what the processor calls itself, and what of it matters here."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return f"{platform.machine()}, {platform.processor() or 'unknown processor'}"
    name = next((line.split(":")[1].strip() for line in text.splitlines() if line.startswith("model name")), "CPU")
    units = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
    return f"{platform.machine()}, {name} ({', '.join(unit for unit in units if f' {unit} ' in text)})"
