"""What is painted is saved every minute; a start after a crash offers it back, one after a saved review does not."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.roi import regions
from napari_mrsr.app.session import run_here
from napari_mrsr.app.viewing import View, view_of
from napari_mrsr.files import autosave_folder
from tests.app.conftest import dess
from tests.app.keeping.viewers import KEPT


def start() -> View:
    """Return the view of a viewer that starts now."""
    viewer = ViewerModel()
    KEPT.append(viewer)
    return view_of(viewer, run_here)


def paint(view: View, label: int = 3) -> Any:
    """Paint something, by brush."""
    roi = view.layer(regions.NAME) or regions.new_roi(view)
    roi.brush_size = 3
    roi.paint((6, 10, 10), label)
    return roi


def forget() -> None:
    """Let this process forget its viewers, as if it were another one that starts after a crash."""
    autosave_folder._LIVE.clear()


# -- when something is written -------------------------------------------------------------------------
def test_nothing_is_written_before_something_is_painted_nor_again_without_a_change(
    view: View, knee: Path, state: Path
) -> None:
    view.session.open([knee])
    view.autosave.tick()
    regions.new_roi(view)
    view.autosave.tick()
    assert not list(state.glob("autosave/*"))
    roi = paint(view)
    view.autosave.tick()
    (folder,) = state.glob("autosave/*/")
    first = (folder / "autosave.json").stat().st_mtime_ns
    view.autosave.tick()
    assert (folder / "autosave.json").stat().st_mtime_ns == first
    roi.undo()
    paint(view, 2)
    view.autosave.tick()
    assert (folder / "autosave.json").stat().st_mtime_ns > first


def test_the_preference_switches_it_off(view: View, knee: Path, state: Path) -> None:
    object.__setattr__(view.preferences, "autosave", False)
    view.session.open([knee])
    paint(view)
    view.autosave.tick()
    view.close()
    assert not list(state.glob("autosave/*"))


def test_an_autosave_says_nothing_about_the_patient_and_only_the_user_may_look(
    view: View, knee: Path, state: Path
) -> None:
    view.session.open([knee])
    paint(view)
    view.autosave.tick()
    for file in state.glob("autosave/**/*"):
        if file.is_file():
            assert b"DOE" not in file.read_bytes()
            assert b"knee.nii" not in file.read_bytes()
    if os.name == "posix":
        assert stat.S_IMODE(state.stat().st_mode) == 0o700
        assert stat.S_IMODE((state / "places.json").stat().st_mode) == 0o600


def test_a_full_disk_is_a_banner_and_the_autosave_before_stays(
    view: View, knee: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.session.open([knee])
    paint(view)
    view.autosave.tick()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nibabel.save", full)
    view.layer(regions.NAME).paint((7, 10, 10), 2)
    view.autosave.tick()
    assert view.session.banner is not None
    assert "the disk is full" in view.session.banner.text
    forget()
    (left,) = start().autosave.recovery.offered()
    assert left.regions == ("medial tibial cartilage",)


# -- after a crash -------------------------------------------------------------------------------------
def test_after_a_crash_the_regions_come_back_on_their_scan(view: View, knee: Path) -> None:
    view.session.open([knee])
    view.session.refine(RefineSettings(method="tricubic", maps=False))
    roi = paint(view)
    regions.name_regions(roi, {3: "my plateau"})
    view.autosave.tick()
    assert start().autosave.recovery.offered() == []  # the viewer still runs
    forget()
    other = start()
    (left,) = other.autosave.recovery.offered()
    assert left.crashed
    assert left.regions == ("my plateau",)
    other.autosave.recovery.restore(left)
    back = other.layer(regions.NAME)
    np.testing.assert_array_equal(back.data, roi.data)
    assert regions.names_of(back) == {3: "my plateau"}
    np.testing.assert_array_equal(back.scale, roi.scale)
    assert other.session.scan is not None
    assert "tricubic x2" in other.session.banner.text  # type: ignore[union-attr]
    assert len(list(autosave_folder.autosaves().glob("*.lock"))) == 1  # its own autosave, in the place of the other
    assert other.autosave.recovery.offered() == []


def test_a_scan_that_moved_is_waited_for(view: View, knee: Path, tmp_path: Path) -> None:
    view.session.open([knee])
    roi = paint(view)
    view.autosave.tick()
    forget()
    knee.parent.rename(tmp_path / "archive")
    other = start()
    (left,) = other.autosave.recovery.offered()
    other.autosave.recovery.restore(left)
    assert other.session.banner is not None
    assert "does not lie where it lay; open it here" in other.session.banner.text
    other.session.adopt(dess(seed=5))  # another scan: nothing happens
    assert other.layer(regions.NAME) is None
    other.session.open([tmp_path / "archive" / "knee.nii.gz"])
    np.testing.assert_array_equal(other.layer(regions.NAME).data, roi.data)


def test_discarded_is_gone(view: View, knee: Path, state: Path) -> None:
    view.session.open([knee])
    paint(view)
    view.autosave.tick()
    forget()
    other = start()
    other.autosave.recovery.discard(other.autosave.recovery.offered()[0])
    assert other.autosave.recovery.offered() == []
    assert not list(state.glob("autosave/*"))


def test_a_damaged_autosave_is_a_line_and_no_traceback(view: View, knee: Path, state: Path) -> None:
    view.session.open([knee])
    paint(view)
    view.autosave.tick()
    forget()
    next(state.glob("autosave/*/labels/*.nii.gz")).write_bytes(b"\x1f\x8b")
    other = start()
    other.autosave.recovery.restore(other.autosave.recovery.offered()[0])
    assert "damaged" in other.session.banner.text  # type: ignore[union-attr]
    assert len(other.autosave.recovery.offered()) == 1


def test_a_process_that_was_killed_is_told_from_one_that_runs(knee: Path, state: Path) -> None:
    code = (
        "import sys, time\n"
        "from napari.components import ViewerModel\n"
        "from napari_mrsr.app.roi import regions\n"
        "from napari_mrsr.app.session import run_here\n"
        "from napari_mrsr.app.viewing import view_of\n"
        "viewer = ViewerModel()\n"
        "view = view_of(viewer, run_here)\n"
        "view.session.open([sys.argv[1]])\n"
        "roi = regions.new_roi(view)\n"
        "roi.data[5:8, 7:12, 8:14] = 1\n"
        "view.autosave.tick()\n"
        "print('painted', flush=True)\n"
        "time.sleep(600)\n"
    )
    running = subprocess.Popen([sys.executable, "-c", code, str(knee)], stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        assert running.stdout.readline() == "painted\n"
        view = start()
        assert view.autosave.recovery.offered() == []
        os.kill(running.pid, signal.SIGKILL)
        running.wait(10)
        (left,) = view.autosave.recovery.offered()
        assert left.crashed
        view.autosave.recovery.restore(left)
        assert np.count_nonzero(view.layer(regions.NAME).data) == 3 * 5 * 6
    finally:
        running.kill()


def test_a_program_that_ends_without_closing_its_viewer_has_not_crashed(knee: Path) -> None:
    code = (
        "import sys\n"
        "from napari.components import ViewerModel\n"
        "from napari_mrsr.app.roi import regions\n"
        "from napari_mrsr.app.session import run_here\n"
        "from napari_mrsr.app.viewing import view_of\n"
        "viewer = ViewerModel()\n"
        "view = view_of(viewer, run_here)\n"
        "view.session.open([sys.argv[1]])\n"
        "regions.new_roi(view).data[5:8, 7:12, 8:14] = 1\n"
    )
    subprocess.run([sys.executable, "-c", code, str(knee)], check=True, timeout=120)
    (left,) = start().autosave.recovery.offered()
    assert not left.crashed


def test_the_lock_of_another_machine_counts_while_it_is_renewed(view: View, knee: Path, state: Path) -> None:
    view.session.open([knee])
    paint(view)
    view.autosave.tick()
    forget()
    (lock,) = state.glob("autosave/*.lock")
    lock.write_text(json.dumps({**json.loads(lock.read_text()), "machine": "elsewhere"}))
    assert start().autosave.recovery.offered() == []
    os.utime(lock, (0, 0))
    assert len(start().autosave.recovery.offered()) == 1


# -- closing -------------------------------------------------------------------------------------------
def test_closing_with_unsaved_painting_keeps_it_and_says_that_it_was_no_crash(view: View, knee: Path) -> None:
    view.session.open([knee])
    paint(view)
    view.close()
    (left,) = start().autosave.recovery.offered()
    assert not left.crashed
    assert left.regions == ("medial tibial cartilage",)


def test_napari_clears_its_layers_on_closing_and_nothing_is_lost(view: View, knee: Path) -> None:
    view.session.open([knee])
    paint(view)
    view.viewer.layers.clear()
    view.close()
    assert len(start().autosave.recovery.offered()) == 1


def test_after_saving_a_review_nothing_is_left(view: View, knee: Path, state: Path, tmp_path: Path) -> None:
    view.session.open([knee])
    roi = paint(view)
    view.autosave.tick()
    view.saving.save(tmp_path / "review")
    assert not list(state.glob("autosave/*"))
    view.autosave.tick()
    assert not list(state.glob("autosave/*"))
    roi.paint((7, 10, 10), 2)
    view.autosave.tick()
    assert len(list(state.glob("autosave/*.lock"))) == 1
    view.saving.save(tmp_path / "review")
    view.close()
    assert start().autosave.recovery.offered() == []


def test_opening_another_scan_over_unsaved_painting_keeps_it(view: View, knee: Path) -> None:
    view.session.open([knee])
    roi = paint(view)
    painted = np.array(roi.data)
    view.session.adopt(dess(seed=7))
    assert view.layer(regions.NAME) is None
    (left,) = view.autosave.recovery.offered()
    view.autosave.recovery.restore(left)
    np.testing.assert_array_equal(view.layer(regions.NAME).data, painted)


def test_an_roi_that_a_person_deleted_is_not_offered(view: View, knee: Path) -> None:
    view.session.open([knee])
    view.viewer.layers.remove(paint(view))
    view.close()
    assert start().autosave.recovery.offered() == []
