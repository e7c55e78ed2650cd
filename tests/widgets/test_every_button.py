"""Every button of the four docks is pressed on every kind of scan that can go wrong.

Whatever the input, a press does what it says or a banner says why not: no exception reaches Qt's event loop, and no
banner is the traceback of a bug. Menus are opened and their entries triggered, boxes are ticked, lists are run through,
and dialogs answer with what a person might choose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from magicgui.backends._qtpy.widgets import QFILE_DIALOG_MODES
from magicgui.types import FileDialogMode
from pytestqt.exceptions import capture_exceptions, format_captured_exceptions
from qtpy.QtCore import QCoreApplication, QEvent
from qtpy.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDialog,
    QFileDialog,
    QInputDialog,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPushButton,
    QToolButton,
)

from napari_mrsr import superres
from napari_mrsr.app.dynamic.series import SeriesSettings
from napari_mrsr.app.events import RefineSettings
from napari_mrsr.app.roi import regions
from napari_mrsr.app.session import Banner
from napari_mrsr.app.viewing import View
from napari_mrsr.files import read_scan, write_nifti
from napari_mrsr.phantoms import KneePhantom, knee, sample
from napari_mrsr.scan import Acquisition, Scan
from napari_mrsr.widgets.blinded_start import StartPart
from napari_mrsr.widgets.dock import Dock
from napari_mrsr.widgets.process import ProcessDock
from napari_mrsr.widgets.review import ReviewDock
from napari_mrsr.widgets.roi import RoiDock
from napari_mrsr.widgets.section import Section
from napari_mrsr.widgets.study import StudyDock
from tests.app.conftest import dess as made
from tests.app.dynamic.conftest import moving_ball
from tests.app.dynamic.fake_training import Fake
from tests.files.made_dicom import write_series

#: The order in which a person works; Study last, for it opens another scan.
DOCKS = (ProcessDock, RoiDock, ReviewDock, StudyDock)

#: More presses than this on one scan mean that buttons make buttons without end.
MANY = 400


# -- the scans -------------------------------------------------------------------------------------
def dess(*, thick: float = 1.5) -> Scan:
    """Return the smallest ball that has an inside, a rim and a background."""
    return made((14, 12, 6), thick=thick)


def paint(view: View, *where: tuple[slice | int, ...]) -> Any:
    """Add an ROI with a region for each of ``where``, in voxels of the screen."""
    layer = regions.new_roi(view)
    data = np.asarray(layer.data)
    for label, part in enumerate(where, start=1):
        data[part] = label
    layer.data = data
    return layer


def middle(view: View) -> Any:
    """Paint two regions inside."""
    shape = view.frame.to_screen(view.session.scan.array).shape[-3:]  # type: ignore[union-attr]
    a, b, c = (slice(n // 3, max(n // 3 + 1, 2 * n // 3)) for n in shape)
    return paint(view, (a, b, c), (a, slice(0, 2), c))


def refined(view: View, scan: Scan, *, partial: bool = False) -> None:
    """Open a scan and super-resolve it."""
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="tricubic"))


def nothing(_view: View, _folder: Path) -> None:
    """No scan at all."""


@cache
def small_knee() -> tuple[Scan, KneePhantom]:
    """The sample knee with voxels four times as long."""
    truth = knee(sample.SEED, shape=(40, 40, 14), spacing=(3.0, 3.0, 4.0), centre=sample.CENTRE, diseased=True)
    return sample.thick_scan(truth), truth


def sample_knee(view: View, _folder: Path) -> None:
    """The sample with its cartilage."""
    view.session.open_sample()
    view.session.refine(RefineSettings(method="tricubic"))
    regions.truth_roi(view)


def two_echoes(view: View, folder: Path) -> None:
    """The ordinary scan, from a file."""
    path = write_nifti(dess(), folder / "knee.nii.gz")
    view.session.adopt(replace(read_scan(path), acquisition=dess().acquisition))
    view.session.refine(RefineSettings(method="tricubic"))
    middle(view)


def one_echo(view: View, _folder: Path) -> None:
    """No T2 from one echo."""
    scan = dess()
    acquisition = replace(scan.acquisition, echo_times=(7.0,))
    refined(view, replace(scan, array=scan.array[:1], names=("S1",), acquisition=acquisition))
    middle(view)


def four_echoes(view: View, _folder: Path) -> None:
    """Spin echoes, fitted instead of inverted."""
    times = (10.0, 20.0, 30.0, 40.0)
    array = np.stack([dess().array[0] * np.exp(-te / 35.0) for te in times]).astype(np.float32)
    names = tuple(f"TE {te:g}" for te in times)
    acquisition = Acquisition(repetition_time=2000.0, echo_times=times)
    refined(view, replace(dess(), array=array, names=names, acquisition=acquisition))
    middle(view)


def one_slice(view: View, _folder: Path) -> None:
    """A single slice."""
    scan = dess()
    refined(view, replace(scan, array=scan.array[..., 3:4]))
    middle(view)


def no_times(view: View, _folder: Path) -> None:
    """A header that says nothing of the sequence."""
    refined(view, replace(dess(), acquisition=Acquisition()))
    middle(view)


def nan_maps(view: View, _folder: Path) -> None:
    """No voxel has a T2: the second echo is larger than any T2 explains."""
    scan = dess()
    array = np.stack([np.ones_like(scan.array[0]), scan.array[0] + 50.0])
    refined(view, replace(scan, array=array))
    middle(view)


def at_the_border(view: View, _folder: Path) -> None:
    """Regions that touch every face of a volume whose voxels are as long as they are thick."""
    refined(view, dess(thick=0.5))
    every = slice(None)
    paint(view, (slice(0, 2), every, every), (slice(-1, None), every, every), (every, slice(0, 1), every))


def empty_regions(view: View, _folder: Path) -> None:
    """An ROI in which nothing is painted."""
    refined(view, dess())
    regions.new_roi(view)


def other_grid(view: View, _folder: Path) -> None:
    """Labels that a person added by hand, on no grid of the scan."""
    refined(view, dess())
    data = np.zeros((7, 11, 13), dtype=np.uint8)
    data[2:5, 3:8, 4:9] = 1
    view.viewer.add_labels(data, name="by hand")


def moved_labels(view: View, _folder: Path) -> None:
    """Labels of the scan that a person turned and moved on the screen."""
    refined(view, dess())
    layer = middle(view)
    layer.affine = np.array([[1, 0.2, 0, 3.0], [-0.2, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])


def left_handed(view: View, _folder: Path) -> None:
    """A left knee with a flipped header: slices run the other way than rows and columns say."""
    scan = dess()
    affine = scan.affine @ np.diag([1, 1, -1, 1])
    refined(view, replace(scan, affine=affine, acquisition=replace(scan.acquisition, laterality="L")))
    middle(view)


def two_knees(view: View, _folder: Path) -> None:
    """Both legs in one scan, painted in both."""
    one = dess()
    refined(view, replace(one, array=np.concatenate([one.array, 0 * one.array, one.array], axis=-1)))
    first, last = slice(3, 9), slice(-9, -3)
    long = view.frame.to_screen(view.session.result.scan.array).shape[-3:]  # type: ignore[union-attr]
    across = int(np.argmax(long))
    parts: list[Any] = []
    for along in (first, last):
        part: list[Any] = [slice(4, 8)] * 3
        part[across] = along
        parts.append(tuple(part))
    paint(view, *parts)


def half_way(view: View, _folder: Path) -> None:
    """Super-resolution that was stopped half way."""
    session, stream = view.session, superres.stream

    def stopped(*args: Any, **kwargs: Any) -> Iterator[Any]:
        for n, tile in enumerate(stream(*args, **kwargs)):
            yield replace(tile, done=min(tile.done, 0.5))
            session.stop()
            if n:
                return

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(superres, "stream", stopped)
        refined(view, dess())
    assert session.result is not None
    assert session.result.partial
    middle(view)


def bare_dicom(view: View, folder: Path) -> None:
    """DICOM whose files lack what SEG and PM must refer to."""
    scan = dess()
    stored = np.clip(scan.array, 0, 30000).astype(np.int16)

    def strip(dataset: Any, _volume: int, _k: int) -> None:
        for name in ("StudyInstanceUID", "FrameOfReferenceUID", "PatientID", "StudyDate", "AccessionNumber"):
            if name in dataset:
                delattr(dataset, name)

    write_series(folder / "bare", stored, scan.affine, echo_times=(7.0, 39.0), change=strip, RepetitionTime=23.0)
    refined(view, replace(read_scan(folder / "bare"), acquisition=scan.acquisition))
    middle(view)


def gone_layers(view: View, _folder: Path) -> None:
    """A person removed all layers by hand."""
    refined(view, dess())
    middle(view)
    view.viewer.layers.clear()


def over_time(view: View, _folder: Path) -> None:
    """A series of frames, sharpened, with a region painted on it."""
    view.session.adopt(moving_ball(3, (16, 12, 4)))
    view.dynamic.run(SeriesSettings("fourier", 0.25))
    middle(view)


KINDS: tuple[Callable[[View, Path], None], ...] = (
    nothing,
    sample_knee,
    two_echoes,
    one_echo,
    four_echoes,
    one_slice,
    no_times,
    nan_maps,
    at_the_border,
    empty_regions,
    other_grid,
    moved_labels,
    left_handed,
    two_knees,
    half_way,
    bare_dicom,
    gone_layers,
    over_time,
)

#: What a banner must have said, of those that cannot do everything.
SAID = {
    "one_echo": "T2 needs two or more",
    "no_times": "has no repetition time",
    "moved_labels": "is turned on the screen",
    "over_time": "not for a series over time",
    "bare_dicom": "lacks StudyInstanceUID",
}

#: On these the page, BIDS and DICOM are written too, not the tables alone.
WHOLE_REPORT = ("one_echo", "four_echoes", "one_slice", "nan_maps", "left_handed", "bare_dicom")

#: On these every dock is worked through; on the others those that compute: what Review and Study do is the same there.
ALL_DOCKS = (nothing, one_slice, half_way, gone_layers, over_time)


# -- the person ------------------------------------------------------------------------------------
@dataclass
class Person:
    """Presses whatever can be pressed, once, and writes down what was said."""

    docks: list[Any]
    whole_report: bool
    banners: list[Banner] = field(default_factory=list)
    pressed: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def hear(self, banner: Banner | None) -> None:
        if banner is not None:
            self.banners.append(banner)

    def work_through(self, dock: Any) -> None:
        """Press every button of a dock, those too that appear by pressing; then run through its lists."""
        for section in dock.findChildren(Section):
            section.expand(animate=False)
        for _ in range(MANY):
            for line in dock.findChildren(QLineEdit):
                if line.isEnabled() and not line.text() and isinstance(line.parent(), StartPart):
                    line.setText("AB")
            if isinstance(dock, RoiDock):
                for part, box in dock.report.boxes.items():
                    box.setChecked(part == "tables" or self.whole_report)
            found = next((b for b in dock.findChildren(QAbstractButton) if self._is_new(b, dock)), None)
            if found is None:
                break
            self.pressed.add(known_as(found))
            if isinstance(dock, RoiDock) and dock.layers.currentIndex() > 0:
                dock.layers.setCurrentIndex(0)  # the painted one, not the new and empty one
            self._press(found)
        else:
            raise AssertionError("the buttons have no end")
        for box in dock.findChildren(QComboBox):
            if box.isEnabled() and box.isVisibleTo(dock):
                for n in range(box.count()):
                    self._do(f"{said_of(box)} to {box.itemText(n)!r}", lambda box=box, n=n: box.setCurrentIndex(n))

    def _is_new(self, button: QAbstractButton, dock: Any) -> bool:
        return button.isEnabled() and button.isVisibleTo(dock) and known_as(button) not in self.pressed

    def _press(self, button: QAbstractButton) -> None:
        menu = button.menu() if isinstance(button, (QPushButton, QToolButton)) else None
        if menu is None:
            self._do(said_of(button), button.click)
            if button.isCheckable():
                self._do(said_of(button) + " again", button.click)
            return
        self._do(f"menu of {said_of(button)}", menu.aboutToShow.emit)
        for action in menu.actions():
            if action.isEnabled() and not action.isSeparator():
                self._do(f"{said_of(button)} > {action.text()}", action.trigger)

    def _do(self, what: str, step: Callable[[], Any]) -> None:
        before = len(self.banners)
        with capture_exceptions() as raised:
            try:
                step()
                QCoreApplication.sendPostedEvents(None, QEvent.Type.MetaCall)
            except RuntimeError as error:
                if "has been deleted" not in str(error):  # it pressed itself away
                    raise
        if raised:
            self.wrong.append(f"{what}\n{format_captured_exceptions(raised)}")
        self.wrong += [f"{what}\n{b.details}" for b in self.banners[before:] if "Traceback" in b.details]


def said_of(widget: Any) -> str:
    """Return what a person would call a button."""
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return repr(text or widget.toolTip() or widget.objectName() or type(widget).__name__)


def known_as(button: QAbstractButton) -> str:
    """Return by what a button is known again, for docks make some of them anew: where it stands, and what it says."""
    parts: list[str] = []
    widget: Any = button
    while widget is not None and not isinstance(widget, Dock):
        parts.append(type(widget).__name__)
        widget = widget.parent()
    return f"{type(widget).__name__} {parts} {said_of(button)}"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let every dialog answer at once with something in a folder of the test."""
    monkeypatch.setattr("napari_mrsr.app.sample.load", small_knee)
    monkeypatch.setattr("napari_mrsr.app.dynamic.fine_tuning._spawn", lambda _scan, _how, keep: Fake(keep))
    chosen = tmp_path / "chosen"
    chosen.mkdir()
    (chosen / "scores.csv").write_text("no,scores,of,any,reading\n1,2,3,4,5\n", encoding="utf-8")
    (chosen / "scan.nii.gz").write_bytes(b"not a scan")

    def named(*args: Any, **_kwargs: Any) -> tuple[str, str]:
        kind = str(args[3]) if len(args) > 3 else ""
        return str(chosen / ("scores.csv" if "csv" in kind else "scan.nii.gz")), ""

    def saved(*args: Any, **_kwargs: Any) -> tuple[str, str]:
        return str(chosen / (Path(args[2]).name if len(args) > 2 else "saved")), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", named)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *a, **k: ([named(*a, **k)[0]], ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", saved)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a, **_k: str(chosen))
    # magicgui keeps the functions that it found when it was imported, so its own table is answered too
    one_file = (FileDialogMode.EXISTING_FILE, lambda *a, **k: QFileDialog.getOpenFileName(*a, **k))
    several = (FileDialogMode.EXISTING_FILES, lambda *a, **k: QFileDialog.getOpenFileNames(*a, **k))
    new_file = (FileDialogMode.OPTIONAL_FILE, lambda *a, **k: QFileDialog.getSaveFileName(*a, **k))
    folder = (FileDialogMode.EXISTING_DIRECTORY, lambda *a, **k: QFileDialog.getExistingDirectory(*a, **k))
    for mode, answer in (one_file, several, new_file, folder):
        monkeypatch.setitem(QFILE_DIALOG_MODES, mode, answer)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_a, **_k: ("a region", True))
    for kind in (QDialog, QMenu, QMessageBox):
        monkeypatch.setattr(kind, "exec", lambda *_a, **_k: 0)
    monkeypatch.setattr(QMenu, "popup", lambda *_a, **_k: None)
    return chosen


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_press_ends_in_an_exception(
    kind: Callable[[View, Path], None], qtbot: Any, view: View, tmp_path: Path, answers: Path
) -> None:
    with capture_exceptions() as raised:
        docks = [dock(view.viewer) for dock in (DOCKS if kind in ALL_DOCKS else DOCKS[:2])]
        person = Person(docks, kind.__name__ in WHOLE_REPORT)
        view.session.banner_changed.connect(person.hear)
        for dock in docks:
            qtbot.addWidget(dock)
        docks[0].options.method.value = "tricubic"  # the networks are not what is asked here
        kind(view, tmp_path)
    assert not raised, format_captured_exceptions(raised)
    for dock in docks:
        person.work_through(dock)
    with capture_exceptions() as late:
        qtbot.wait(350)  # what a throttler brings late
    person.wrong += [format_captured_exceptions(late)] if late else []
    view.close()
    assert not person.wrong, "\n\n".join(person.wrong)
    assert len(person.pressed) > 30
    assert any(SAID.get(kind.__name__, "") in banner.text for banner in [*person.banners, Banner("info", "")])
    assert not [path.name for path in answers.iterdir() if path.name.startswith(".")]  # nothing half-written
