"""The shell as a whole: what it answers before any scan is read."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

COMMANDS = ("demo", "info", "degrade", "sr", "t2", "compare", "roi", "report", "train", "methods")


def test_help_lists_every_command_in_working_order(shell):
    outcome = shell("--help")
    assert outcome.code == 0
    places = [outcome.out.index(f"\n  {command} ") for command in COMMANDS]
    assert places == sorted(places)
    assert outcome.err == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(shell, command):
    outcome = shell(command, "--help")
    assert outcome.code == 0
    assert f"napari-mrsr {command}" in outcome.out


def test_no_arguments_show_the_help(shell):
    assert shell().out == shell("--help").out


def test_version_is_that_of_the_package(shell):
    import napari_mrsr

    assert shell("--version").out.strip() == napari_mrsr.__version__


def test_help_answers_within_half_a_second_without_numerical_libraries():
    heavy = ("numpy", "scipy", "torch", "napari", "nibabel", "pydicom", "pandas", "matplotlib", "rich", "skimage")
    program = f"""
import sys
from napari_mrsr.cli.run import run
code = run(["--help"])
sys.exit(code or ",".join(name for name in {heavy!r} if name in sys.modules) or 0)
"""
    seconds = []
    for _ in range(2):  # the better of two, and of its own time: other work may share the machine
        start = children_seconds()
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        seconds.append(children_seconds() - start)
        assert ran.returncode == 0, ran.stderr
    assert min(seconds) < 0.5


def children_seconds() -> float:
    """Return how long processes that this one started and waited for have computed, s."""
    times = os.times()
    return times.children_user + times.children_system


def test_the_package_runs_as_a_module():
    ran = subprocess.run(
        [sys.executable, "-m", "napari_mrsr", "--version"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0
    assert ran.stdout.strip()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["upscale"], "upscale"),
        (["sr"], "SCAN"),
        (["sr", "knee.nii.gz"], "--output"),
        (["sr", "knee.nii.gz", "-o", "out.nii.gz", "--sharpen"], "--sharpen"),
        (["sr", "knee.nii.gz", "-o", "out.nii.gz", "--factor", "two"], "--factor"),
        (["t2", "knee.nii.gz", "-o", "out.nii.gz", "--te", "early"], "--te"),
        (["compare", "a.nii.gz", "-o", "metrics.json"], "TEST"),
        (["roi", "--map", "t2.nii.gz", "-o", "stats.csv"], "--labels"),
        (["train", "lean"], "--output"),
    ],
)
def test_wrong_usage_is_one_line_that_names_it(refused, arguments, said):
    assert said in refused(*arguments)
