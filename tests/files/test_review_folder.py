"""A folder appears whole or not at all; a scan comes back from its file and record; state files are a user's own."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mrsr.errors import NothingToRead, OutputNotWritable, UnreadableFile
from napari_mrsr.files import user_state
from napari_mrsr.files.atomic_folder import atomic_folder, recover
from napari_mrsr.files.review_folder import Content, done, read_review, write_review
from napari_mrsr.files.scan_record import read_volume, write_volume
from napari_mrsr.files.without_names import without_names
from napari_mrsr.scan import Acquisition, Scan, Source


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NAPARI_MRSR_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def hidden(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if p.name.startswith(".")]


# -- folders -------------------------------------------------------------------------------------------
def test_an_error_inside_leaves_the_earlier_folder_and_nothing_hidden(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "review") as new:
        (new / "a").write_text("first")
    with pytest.raises(ValueError), atomic_folder(tmp_path / "review") as new:  # noqa: PT012 - the error comes inside
        (new / "a").write_text("second")
        raise ValueError
    assert (tmp_path / "review" / "a").read_text() == "first"
    assert hidden(tmp_path) == []


def test_a_failing_swap_puts_the_earlier_folder_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with atomic_folder(tmp_path / "review") as new:
        (new / "a").write_text("first")
    swap = os.replace

    def fails(source: Any, target: Any) -> None:
        if ".part-" in str(source):
            raise OSError(28, "No space left on device")
        swap(source, target)

    monkeypatch.setattr("napari_mrsr.files.atomic_folder.os.replace", fails)
    with pytest.raises(OutputNotWritable, match="full"), atomic_folder(tmp_path / "review") as new:
        (new / "a").write_text("second")
    assert (tmp_path / "review" / "a").read_text() == "first"
    assert hidden(tmp_path) == []


def test_whoever_is_killed_between_the_two_steps_loses_nothing(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from napari_mrsr.files import atomic_folder as af\n"
        "swap = af.os.replace\n"
        "def killed(a, b):\n"
        "    if '.part-' in str(a): os.kill(os.getpid(), signal.SIGKILL)\n"
        "    swap(a, b)\n"
        "af.os.replace = killed\n"
        "with af.atomic_folder(sys.argv[1]) as new:\n"
        "    (new / 'a').write_text('second')\n"
    )
    with atomic_folder(tmp_path / "review") as new:
        (new / "a").write_text("first")
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path / "review")], check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert not (tmp_path / "review").exists()
    assert recover(tmp_path / "review")
    assert (tmp_path / "review" / "a").read_text() == "first"
    with atomic_folder(tmp_path / "review") as new:
        (new / "a").write_text("third")
    assert hidden(tmp_path) == []  # what the dead process left was swept


def test_stopping_half_way_leaves_nothing(tmp_path: Path) -> None:
    scan = Scan(np.zeros((4, 4, 4), np.float32), np.eye(4))
    steps = write_review(Content({}, {"volumes/a": scan, "volumes/b": scan}), tmp_path / "review")
    next(steps)
    next(steps)
    steps.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_and_one_without_a_folder_above_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "absent" / "review"):
        with pytest.raises(OutputNotWritable), atomic_folder(path):
            pass


# -- scans ---------------------------------------------------------------------------------------------
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from(["float32", "uint8", "int32"]),
    shape=st.tuples(*[st.integers(2, 5)] * 3),
)
def test_a_scan_comes_back_from_its_file_and_its_record(
    tmp_path_factory: pytest.TempPathFactory, seed: int, dtype: str, shape: tuple[int, int, int]
) -> None:
    rng = np.random.default_rng(seed)
    axis: Any = "echo" if dtype == "float32" else "label"
    array = (rng.random((2 if axis == "echo" else 1, *shape)) * 200).astype(dtype)
    if axis == "echo":
        array[0, 0, 0, 0] = np.nan
    affine = np.eye(4)
    affine[:3, :3] = np.linalg.qr(rng.normal(size=(3, 3)))[0] * rng.uniform(0.3, 3.0, 3)
    affine[:3, 3] = rng.uniform(-300.0, 300.0, 3)
    acquisition = Acquisition(23.1, (7.3, 38.9), 20.0, others=MappingProxyType({"SeriesNumber": 4}))
    scan = Scan(array, affine, axis=axis, acquisition=acquisition, slice_axis=1, sources=(Source("a.nii", "12"),))
    scan = scan.after("a step", array, parameters={"x": 1.5}).warn("odd")
    folder = tmp_path_factory.mktemp("volume")
    entry = json.loads(json.dumps(write_volume(scan, folder, "volumes/one")))
    back, changed = read_volume(entry, folder)
    assert not changed
    np.testing.assert_array_equal(back.array, scan.array)
    np.testing.assert_array_equal(back.affine, scan.affine)  # to the last bit, which NIfTI alone does not keep
    assert back.array.dtype == scan.array.dtype
    assert back.acquisition == scan.acquisition
    assert (back.axis, back.names, back.slice_axis, back.unit) == (scan.axis, scan.names, 1, scan.unit)
    assert (back.sources, back.history, back.warnings) == (scan.sources, scan.history, scan.warnings)


def test_a_record_that_points_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    scan = Scan(np.zeros((4, 4, 4), np.float32), np.eye(4))
    done(write_review(Content({}, {"volumes/a": scan}), tmp_path / "review"))
    (tmp_path / "outside.nii.gz").write_bytes((tmp_path / "review" / "volumes" / "a.nii.gz").read_bytes())
    record = json.loads((tmp_path / "review" / "review.json").read_text())
    record["volumes"]["volumes/a"]["file"] = "../outside.nii.gz"
    (tmp_path / "review" / "review.json").write_text(json.dumps(record))
    with pytest.raises(NothingToRead):
        done(read_review(tmp_path / "review"))


def test_a_volume_on_another_grid_is_refused(tmp_path: Path) -> None:
    scan = Scan(np.zeros((4, 4, 4), np.float32), np.eye(4))
    entry = write_volume(scan, tmp_path, "volumes/a")
    write_volume(Scan(scan.array, np.diag([2.0, 1, 1, 1])), tmp_path, "volumes/a")
    with pytest.raises(UnreadableFile, match="another grid"):
        read_volume(entry, tmp_path)


# -- whose it is ---------------------------------------------------------------------------------------
def test_paths_and_persons_are_left_out_and_hashes_stay() -> None:
    others = {"PatientName": "Doe", "InstitutionName": "X", "StudyDate": "20260101", "ScanningSequence": "GR"}
    path = "/data/DOE^JANE/e1.nii.gz"
    scan = Scan(
        np.zeros((2, 2, 2)),
        np.eye(4),
        sources=(Source(path, "12ab"),),
        acquisition=Acquisition(others=MappingProxyType(others)),
    ).after("resample", np.zeros((2, 2, 2)), parameters={"like": path, "n": 2})
    clean = without_names(scan.warn(f"{path} is odd"))
    assert dict(clean.acquisition.others) == {"ScanningSequence": "GR"}
    assert clean.sources == (Source("scan 1", "12ab"),)
    assert clean.history[0].parameters == {"like": "scan 1", "n": 2}
    assert clean.warnings == ("scan 1 is odd",)


def test_places_are_remembered_for_this_user_alone(state: Path, tmp_path: Path) -> None:
    user_state.remember_place("12ab", tmp_path)
    assert user_state.remembered_place("12ab") == tmp_path
    assert user_state.remembered_place("34cd") is None
    assert user_state.secret() == user_state.secret()
    if os.name == "posix":
        assert stat.S_IMODE(state.stat().st_mode) == 0o700
        assert {stat.S_IMODE(p.stat().st_mode) for p in state.glob("*.json")} == {0o600}
    (state / "places.json").write_text("{")
    assert user_state.remembered_place("12ab") is None  # damaged: forgotten, and no error
