"""The disk gets full, or somebody kills the program while it writes: what was there before stays, whole."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

#: Writes half of the file, says so, and waits to be killed.
SLOW_WRITING = textwrap.dedent("""
    import signal, sys, time
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background jobs deaf to it
    import nibabel.filebasedimages as files

    def slow(self, filename, **options):
        with open(filename, "wb") as stream:
            stream.write(b"half a file")
            stream.flush()
            print("writing", flush=True)
            for _ in range(600):  # in short steps: a signal in the instant before a sleep is seen after it
                time.sleep(0.1)

    files.FileBasedImage.to_filename = slow
    from napari_mrsr.cli.run import main
    main(sys.argv[1:])
""")

#: No file may grow beyond 2 kB, as if the disk were full.
FULL_DISK = textwrap.dedent("""
    import resource, sys
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
    from napari_mrsr.cli.run import main
    main(sys.argv[1:])
""")


@pytest.fixture
def old(tmp_path) -> Path:
    """Return an output file of yesterday."""
    path = tmp_path / "out.nii.gz"
    path.write_bytes(b"the result of yesterday")
    return path


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_kill_during_writing_leaves_no_half_written_file(write, old, tmp_path, number, code, smooth, everything_in):
    scan = write("scan.nii.gz", smooth())
    before = everything_in(tmp_path)
    command = [sys.executable, "-c", SLOW_WRITING, "degrade", str(scan), "-o", str(old)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "writing"
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Traceback" not in err
    left = everything_in(tmp_path)
    assert left[str(old)] == b"the result of yesterday"
    if number == signal.SIGKILL:  # nobody can clean up after this; what is left must not look like a result
        strays = [Path(path) for path in set(left) - set(before)]
        assert all(stray.name.startswith(".") for stray in strays), strays
    else:
        assert left == before
        assert len(err.splitlines()) == 1


@pytest.mark.parametrize("command", [("degrade",), ("sr", "--method", "trilinear", "--consistency", "none")])
def test_a_full_disk_leaves_what_was_there(write, old, tmp_path, command, smooth, everything_in):
    scan = write("scan.nii.gz", smooth())
    before = everything_in(tmp_path)
    line = [sys.executable, "-c", FULL_DISK, *command, str(scan), "-o", str(old)]
    ran = subprocess.run(line, capture_output=True, text=True, check=False)
    assert ran.returncode == 2, ran.stderr
    assert ran.stderr.startswith("OutputNotWritable")
    assert len(ran.stderr.splitlines()) == 1
    assert everything_in(tmp_path) == before
