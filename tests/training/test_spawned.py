"""Fine-tuning in a process of its own: told step by step, stopped, killed. Every wait has an end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from multiprocessing import active_children
from pathlib import Path

import pytest

from napari_mrsr.errors import ConstantImage, NothingToRead, OutputNotWritable
from napari_mrsr.files.writing import write_nifti
from napari_mrsr.networks import registry
from napari_mrsr.training.fine_tuned import Point
from napari_mrsr.training.schedules import choose
from napari_mrsr.training.spawned import FineTuning, spawn
from tests.training.planning import TINY, planning, too_dark

#: Longer than any of these takes on a busy machine, s.
LONG = 240
#: Goes on until somebody ends it.
ENDLESS = choose(TINY, steps=1_000_000)


@pytest.fixture
def begin(tmp_path: Path):
    started: list[FineTuning] = []

    def call(what=None, **options) -> FineTuning:
        start = too_dark(tmp_path / "dark.safetensors")
        settings = {"start": start, "schedule": TINY, "kspace": 0.25, "threads": 1, **options}
        tuning = spawn(planning() if what is None else what, tmp_path / "own.safetensors", **settings)
        started.append(tuning)
        return tuning

    yield call
    for tuning in started:
        tuning.close(patience=2)
        assert not tuning.is_running


def until_kept(tuning: FineTuning) -> Point:
    for point in tuning.points(timeout=LONG):
        if point.is_kept:
            return point
    raise AssertionError(tuning.line)


def test_steps_come_one_by_one_and_the_weights_are_written(begin, tmp_path) -> None:
    tuning = begin()
    points = list(tuning.points(timeout=LONG))
    assert [point.step for point in points] == list(range(41))
    assert (tuning.state, tuning.exit_code) == ("done", 0)
    assert tuning.account is not None
    assert tuning.account.is_better
    assert tuning.line.startswith("fine-tuned on the planning scan")
    assert tuning.weights == tmp_path / "own.safetensors"
    told = registry.fine_tuning_of(tuning.weights)
    assert told is not None
    assert told["reason"] == "all steps done"
    assert tuning.poll() == []


def test_killed_it_says_so_and_the_last_good_weights_are_kept(begin, tmp_path) -> None:
    tuning = begin(schedule=ENDLESS)
    best = until_kept(tuning)
    os.kill(tuning.pid, signal.SIGKILL)
    assert tuning.wait(LONG)
    assert (tuning.state, tuning.exit_code) == ("died", -9)
    assert "was killed (SIGKILL); the best weights so far are kept in own.safetensors" in tuning.line
    told = registry.fine_tuning_of(tuning.weights)
    assert told["steps"] >= best.step
    registry.load(tuning.weights)
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("own.safetensors", "dark.safetensors")] == []


def test_stop_ends_it_with_the_best_so_far(begin) -> None:
    tuning = begin(schedule=ENDLESS)
    until_kept(tuning)
    tuning.stop()
    assert tuning.wait(LONG)
    assert (tuning.state, tuning.account.reason) == ("done", "stopped")
    assert registry.fine_tuning_of(tuning.weights)["reason"] == "stopped"
    tuning.stop()  # nobody listens any more


def test_close_leaves_no_process(begin) -> None:
    tuning = begin(schedule=ENDLESS)
    pid = tuning.pid
    tuning.close(patience=1)
    assert not tuning.is_running
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    tuning.close()


def test_what_a_person_can_put_right_comes_back_as_it_was(begin, tmp_path) -> None:
    flat = planning()
    constant = begin(type(flat)(0 * flat.array + 1, flat.affine, slice_axis=2))
    missing = begin(tmp_path / "nowhere.nii.gz")
    for tuning, error in ((constant, ConstantImage), (missing, NothingToRead)):
        assert tuning.wait(LONG)
        assert tuning.state == "refused"
        assert isinstance(tuning.error, error)
        assert tuning.line == tuning.error.line
        assert tuning.weights is None


def test_a_file_of_before_is_not_taken_for_a_result(begin, tmp_path) -> None:
    before = tmp_path / "own.safetensors"
    too_dark(before)
    tuning = begin(write_nifti(planning(), tmp_path / "plan.nii.gz"), steps=10, learning_rate=30.0)
    assert tuning.wait(LONG)
    assert not tuning.account.is_better
    assert tuning.weights is None
    assert before.exists()


#: Starts a fine-tuning without end, says who does it, and waits; as scripts are, without a guard that keeps it from
#: being run once more in the process it starts.
PARENT = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from napari_mrsr.training.schedules import choose
    from napari_mrsr.training.spawned import spawn
    from tests.training.planning import TINY, planning

    start, out = map(Path, sys.argv[1:])
    schedule = choose(TINY, steps=1_000_000)
    tuning = spawn(planning(), out, start=start, schedule=schedule, kspace=0.25, threads=1)
    print(tuning.pid, flush=True)
    time.sleep(600)
""")


def lives(process: int) -> bool:
    """Tell whether a process runs; one that has ended and waits for its parent does not."""
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes as Linux shows them")
def test_it_ends_when_its_parent_is_killed(tmp_path) -> None:
    start = too_dark(tmp_path / "dark.safetensors")
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    root = Path(__file__).parents[2]
    command = [sys.executable, str(script), str(start), str(tmp_path / "own.safetensors")]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    end = time.monotonic() + LONG
    while lives(child) and time.monotonic() < end:
        time.sleep(0.2)
    assert not lives(child)


def test_the_folder_must_exist(tmp_path) -> None:
    with pytest.raises(OutputNotWritable):  # at once: not from a process that starts first
        spawn(planning(), tmp_path / "nowhere" / "own.safetensors")
    assert not active_children()
