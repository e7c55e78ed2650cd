"""A file is there whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_mrsr.errors import OutputNotWritable
from napari_mrsr.files import atomic_path, read_scan, write_nifti
from napari_mrsr.scan import Scan


def test_the_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "a.nii.gz"
    with atomic_path(target) as hidden:
        assert hidden.name.endswith(".nii.gz")
        assert hidden.parent == tmp_path
        hidden.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.nii.gz"]


def write_half(target: Path, error: Exception) -> None:
    with atomic_path(target) as hidden:
        hidden.write_text("half")
        raise error


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_half(target, ZeroDivisionError())
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.csv"]


@pytest.mark.parametrize(
    ("number", "says"),
    [(errno.ENOSPC, "disk is full"), (errno.EDQUOT, "quota"), (errno.EROFS, "read-only"), (errno.EACCES, "read-only")],
)
def test_what_the_system_says_becomes_a_remedy(tmp_path: Path, number: int, says: str) -> None:
    target = tmp_path / "a.csv"
    with pytest.raises(OutputNotWritable, match=says):
        write_half(target, OSError(number, os.strerror(number)))
    assert os.listdir(tmp_path) == []


def test_a_folder_is_no_file_to_write(tmp_path: Path) -> None:
    with pytest.raises(OutputNotWritable, match="is a folder"), atomic_path(tmp_path):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to read-only folders")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(OutputNotWritable, match="read-only"), atomic_path(tmp_path / "a.csv") as hidden:
        hidden.write_text("x")


def test_a_file_system_that_takes_no_files_is_refused() -> None:
    if not Path("/proc/self").is_dir():
        pytest.skip("no /proc here")
    scan = Scan(np.arange(8.0).reshape(2, 2, 2), np.eye(4))
    with pytest.raises(OutputNotWritable, match="could not be written"):
        write_nifti(scan, "/proc/self/a.nii.gz")


WRITER = """
import sys, time, numpy as np
import napari_mrsr.files.writing as writing
from napari_mrsr.scan import Scan
real = writing.nibabel.save
def slow(image, path):
    real(image, path)
    with open(path, "r+b") as file:
        file.truncate(500)
    print("half", flush=True)
    time.sleep(60)
writing.nibabel.save = slow
writing.write_nifti(Scan(np.arange(512.).reshape(8, 8, 8), np.eye(4)), sys.argv[1])
"""


def test_a_writer_that_is_killed_leaves_the_old_file_and_the_next_one_sweeps_up(tmp_path: Path) -> None:
    target = tmp_path / "a.nii.gz"
    old = Scan(np.arange(27.0).reshape(3, 3, 3), np.eye(4))
    write_nifti(old, target)
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "half"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    np.testing.assert_array_equal(read_scan(target).array, old.array)
    assert len(os.listdir(tmp_path)) == 4  # the two files, and what the killed writer left hidden
    write_nifti(old, target)
    assert sorted(os.listdir(tmp_path)) == ["a.json", "a.nii.gz"]


FILLER = """
import resource, sys, numpy as np
from napari_mrsr.errors import OutputNotWritable
from napari_mrsr.files import write_nifti
from napari_mrsr.scan import Scan
scan = Scan(np.random.default_rng(0).random((40, 40, 40), np.float32), np.eye(4))
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    write_nifti(scan, sys.argv[1])
except OutputNotWritable as error:
    print(error)
"""


def test_a_file_system_that_takes_no_more_leaves_nothing(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", FILLER, str(tmp_path / "a.nii.gz")], capture_output=True, text=True, check=True
    )
    assert answer.stdout.startswith("OutputNotWritable: ")
    assert len(answer.stdout.strip().splitlines()) == 1
    assert os.listdir(tmp_path) == []


def test_the_hidden_files_of_the_living_are_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / f".a.part-{os.getpid()}-00aa.csv"
    mine.write_text("being written")
    with atomic_path(tmp_path / "a.csv") as hidden:
        hidden.write_text("x")
    assert mine.exists()
