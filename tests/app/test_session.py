"""A session opens, runs, stops and refuses; what was there before an error stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_mrsr import superres
from napari_mrsr.app import events, jobs
from napari_mrsr.app.events import RefineSettings, T2Settings
from napari_mrsr.app.session import Session
from napari_mrsr.errors import WeightsCorrupt
from napari_mrsr.files import write_nifti
from napari_mrsr.inference.engine import Tile
from napari_mrsr.scan import Scan, stack
from tests.files.made_dicom import write_series

TRICUBIC = RefineSettings(method="tricubic")


@pytest.fixture
def session() -> Session:
    """A session whose jobs run at once."""
    return Session()


def test_a_scan_is_opened_with_its_checks(session: Session, scan: Scan, tmp_path: Path) -> None:
    seen: list[Scan] = []
    session.opened.connect(seen.append)
    session.open([write_nifti(scan, tmp_path / "knee.nii.gz")])
    assert session.scan is seen[0]
    np.testing.assert_allclose(session.scan.array, scan.array, rtol=1e-6)
    assert {check.name for check in session.checks} >= {"matrix", "slice axis"}
    assert session.running is None


# -- bad input ---------------------------------------------------------------------------------------
def bad_inputs(write: Callable[..., Path], folder: Path) -> dict[str, Path]:
    """Make what a person may drop by mistake."""
    rng = np.random.default_rng(0)
    good = write("good.nii", rng.random((6, 6, 4), dtype=np.float32))
    holes = rng.random((6, 6, 4), dtype=np.float32)
    holes[0, 0, :2] = np.nan
    files = {
        "empty": folder / "empty",
        "absent": folder / "absent.nii",
        "not dicom": folder / "text",
        "truncated": folder / "short.nii",
        "2-D": write("flat.nii", rng.random((6, 6), dtype=np.float32)),
        "5-D": write("many.nii", rng.random((4, 4, 4, 2, 2), dtype=np.float32)),
        "holes": write("holes.nii", holes),
        "constant": write("constant.nii", np.zeros((6, 6, 4), np.float32)),
    }
    files["empty"].mkdir()
    files["not dicom"].mkdir()
    (files["not dicom"] / "notes.dcm").write_text("not an image")
    files["truncated"].write_bytes(good.read_bytes()[:-100])
    return files


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("empty", "empty"),
        ("absent", "absent.nii"),
        ("not dicom", "text"),
        ("truncated", "short.nii"),
        ("2-D", "flat.nii"),
        ("5-D", "many.nii"),
        ("holes", "2 "),
        ("constant", "constant.nii"),
    ],
)
def test_bad_input_becomes_one_line_and_nothing_is_lost(
    session: Session, scan: Scan, write: Callable[..., Path], tmp_path: Path, what: str, said: str
) -> None:
    session.adopt(scan)
    session.refine(RefineSettings(method="nearest", maps=False))
    before = session.result
    session.open([bad_inputs(write, tmp_path)[what]])
    assert session.banner is not None
    assert session.banner.level == "bad"
    assert said in session.banner.text
    assert "\n" not in session.banner.text
    assert "Traceback" not in session.banner.details
    assert session.scan is scan
    assert session.result is before
    assert session.running is None


def dicom(folder: Path, **options: Any) -> Path:
    """Write a small series."""
    array = np.random.default_rng(0).integers(1, 900, (1, 6, 5, 8), dtype=np.uint16)
    write_series(folder, array, np.array([[0, 0, 3.0, 0], [-1.0, 0, 0, 0], [0, -1.0, 0, 0], [0, 0, 0, 1]]), **options)
    return folder


def test_a_series_with_a_missing_slice_is_refused(session: Session, scan: Scan, tmp_path: Path) -> None:
    session.adopt(scan)
    session.open([dicom(tmp_path / "gap", change=lambda dataset, volume, k: k != 3)])
    assert session.banner is not None
    assert "slice" in session.banner.text
    assert session.scan is scan


def test_two_patients_in_one_folder_are_refused(session: Session, scan: Scan, tmp_path: Path) -> None:
    session.adopt(scan)
    dicom(tmp_path / "two" / "a", PatientID="a", PatientName="A^A")
    dicom(tmp_path / "two" / "b", PatientID="b", PatientName="B^B")
    session.open([tmp_path / "two"])
    assert session.banner is not None
    assert "patients" in session.banner.text
    assert session.scan is scan


def test_a_real_folder_of_several_series_lists_them(session: Session, tmp_path: Path) -> None:
    for number, spacing in ((3, "one"), (4, "two")):
        dicom(tmp_path / "study" / spacing, SeriesNumber=number, SeriesDescription=f"series {spacing}",
              SeriesInstanceUID=f"1.2.826.0.1.3680043.8.498.{number}", ScanningSequence="SE" if number == 3 else "GR",
              RepetitionTime=500 + number)  # fmt: skip
    session.open([tmp_path / "study"])
    assert session.choices is not None
    assert len(session.choices.series) == 2
    session.choose(session.choices.series[1].key)
    assert session.scan is not None
    assert session.scan.acquisition.series_description == "series two"


def test_echoes_of_different_shape_are_refused(session: Session, write: Callable[..., Path]) -> None:
    rng = np.random.default_rng(0)
    paths = [write(f"e{n}.nii", rng.random((6, 6, 4 + n), dtype=np.float32)) for n in (1, 2)]
    session.open(paths)
    assert session.scan is None
    assert session.banner is not None
    assert session.banner.level == "bad"
    assert "e2.nii" in session.banner.text


def test_swapped_echoes_and_isotropic_voxels_are_said_and_then_done(session: Session, scan: Scan) -> None:
    swapped = scan.after("swap", scan.array[::-1].copy())
    session.adopt(swapped)
    assert any(check.level == "warn" and "echo" in check.name for check in session.checks)
    session.refine(RefineSettings(method="nearest"))
    assert session.result is not None
    assert "SR" in session.maps
    isotropic = Scan(scan.array[:1], np.diag([1.0, 1.0, 1.0, 1.0]), slice_axis=2)
    session.adopt(isotropic)
    assert any("isotropic" in check.text for check in session.checks)
    session.refine(RefineSettings(method="nearest"))
    assert session.result.scan.shape == (24, 20, 24)


def test_voxels_that_are_not_finite_can_be_let_through(session: Session, write: Callable[..., Path]) -> None:
    array = np.random.default_rng(0).random((6, 6, 4)).astype(np.float32)
    array[0, 0, 0] = np.nan
    session.open([write("holes.nii", array)], allow_nonfinite=True)
    assert session.scan is not None


def test_several_series_are_listed_and_one_is_chosen(
    session: Session, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_mrsr import files
    from napari_mrsr.errors import SeveralSeries
    from napari_mrsr.files import SeriesInfo

    found = [SeriesInfo(str(n), f"1.2.{n}", n, f"series {n}", 4, (8, 8, 4), "1 volume") for n in (3, 4)]

    def read(paths: Any, *, series: Any = None, allow_nonfinite: bool = False) -> Scan:
        if series is None:
            raise SeveralSeries("holds 2 series", choices=("3", "4"))
        return scan if series == "4" else dess_error()

    def dess_error() -> Scan:
        raise AssertionError("the other series was read")

    monkeypatch.setattr(files, "read_scan", read)
    monkeypatch.setattr(files, "list_series", lambda folder: found)
    session.open(["folder"])
    assert session.scan is None
    assert session.choices is not None
    assert session.banner is not None
    assert "2 series" in session.banner.text
    session.choose("4")
    assert session.scan is not None
    np.testing.assert_array_equal(session.scan.array, scan.array)
    assert session.choices is None


def test_one_echo_has_no_t2_and_the_banner_says_what_to_do(session: Session, scan: Scan) -> None:
    session.adopt(scan.volume(0))
    session.map_t2(T2Settings())
    assert session.banner is not None
    assert "both echoes" in session.banner.text


def test_a_missing_echo_time_is_asked_for(session: Session, scan: Scan) -> None:
    session.adopt(scan.with_acquisition(echo_times=()))
    session.map_t2(T2Settings())
    assert session.banner is not None
    assert session.banner.level == "bad"
    assert "echo time" in session.banner.text
    session.map_t2(T2Settings(echo_time=7.0))
    assert "acquired" in session.maps


def test_an_axis_that_cannot_be_told_is_asked_for(session: Session) -> None:
    session.adopt(Scan(np.random.default_rng(0).random((8, 8, 8)).astype(np.float32), np.eye(4)))
    session.refine(TRICUBIC)
    assert session.banner is not None
    assert "axis" in session.banner.text
    assert session.result is None
    session.refine(RefineSettings(method="tricubic", axis=1))
    assert session.result is not None
    assert session.result.scan.shape == (8, 16, 8)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (RefineSettings(method="magic"), "magic"),
        (RefineSettings(method="tricubic", factor=0), "factor 0"),
        (RefineSettings(method="tricubic", factor=9, retrospective=True), "too few"),
    ],
)
def test_impossible_choices_are_refused(session: Session, scan: Scan, settings: RefineSettings, said: str) -> None:
    session.adopt(scan)
    session.refine(settings)
    assert session.banner is not None
    assert session.banner.level == "bad"
    assert said in session.banner.text


def test_broken_weights_are_refused_and_the_session_goes_on(
    session: Session, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any, **_options: Any) -> Iterator[Tile]:
        raise WeightsCorrupt("does not match its sha256", where="lean.safetensors", remedy="reinstall napari-mrsr")
        yield

    monkeypatch.setattr(superres, "stream", broken)
    session.adopt(scan)
    session.refine(TRICUBIC)
    assert session.banner is not None
    assert session.banner.text == "lean.safetensors does not match its sha256; reinstall napari-mrsr"
    monkeypatch.undo()
    session.refine(TRICUBIC)
    assert session.result is not None
    assert session.result.done == 1.0


def test_nothing_is_done_without_a_scan(session: Session) -> None:
    for order in (lambda: session.refine(TRICUBIC), lambda: session.map_t2(T2Settings()), session.compare):
        session.quiet()
        order()
        assert session.banner is not None
        assert session.banner.level == "warn"


def test_a_bug_is_shown_with_its_traceback(session: Session, scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_options: Any) -> Iterator[Tile]:
        raise RuntimeError("a kernel failed")  # superqt's worker would take this for a deleted object
        yield

    monkeypatch.setattr(superres, "stream", broken)
    session.adopt(scan)
    session.refine(TRICUBIC)
    assert session.banner is not None
    assert "a kernel failed" in session.banner.text
    assert "Traceback" in session.banner.details
    assert session.running is None


# -- running ------------------------------------------------------------------------------------------
def test_run_gives_fine_slices_and_the_t2_that_the_ball_was_made_with(session: Session, scan: Scan) -> None:
    roles: list[str] = []
    session.mapped.connect(lambda role, _map: roles.append(role))
    session.adopt(scan)
    session.refine(TRICUBIC)
    result = session.result
    assert result is not None
    assert result.scan.shape == (24, 20, 24)
    np.testing.assert_allclose(result.scan.array, superres.super_resolve(scan, method="tricubic").array)
    assert roles == ["acquired", "SR"]
    middle = session.maps["SR"].map.array[0][4:9, 8:12, 10:14]
    assert np.nanmedian(middle) == pytest.approx(30.0, abs=2.0)


def test_a_result_is_the_scan_that_the_shell_would_write(session: Session, scan: Scan) -> None:
    session.adopt(scan)
    session.refine(RefineSettings(method="tricubic", maps=False))
    assert session.result is not None
    shell = superres.super_resolve(scan, method="tricubic")
    np.testing.assert_array_equal(session.result.scan.affine, shell.affine)
    assert session.result.scan.history[-1].parameters == shell.history[-1].parameters


def test_stop_keeps_what_is_done_and_maps_t2_only_there(
    session: Session, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = superres.super_resolve(scan, method="fourier").array

    def slowly(*_args: Any, stop: Any, **_options: Any) -> Iterator[Tile]:
        for first in range(0, 24, 6):
            if stop():
                return
            where = (slice(first, first + 6), slice(0, 20), slice(0, 24))
            yield Tile(where, fine[(slice(None), *where)], (first + 6) / 24)

    monkeypatch.setattr(superres, "stream", slowly)
    session.grew.connect(lambda result, where: session.stop() if where[0].start == 6 else None)
    session.adopt(scan)
    session.refine(TRICUBIC)
    result = session.result
    assert result is not None
    assert result.partial
    assert result.done == 0.5
    np.testing.assert_array_equal(result.scan.array[:, :12], fine[:, :12])
    linear = jobs.start(scan, "tricubic", 2, 2).scan.array
    np.testing.assert_array_equal(result.scan.array[:, 12:], linear[:, 12:])
    assert session.banner is not None
    assert "50%" in session.banner.text
    session.map_t2(T2Settings())
    t2 = session.maps["SR"].map.array[0]
    assert np.isfinite(t2[:12]).any()
    assert np.isnan(t2[12:]).all()
    session.find_trust()
    assert session.trust is None
    assert "not complete" in session.banner.text


def test_retrospective_mode_holds_the_result_against_the_scan_itself(session: Session, scan: Scan) -> None:
    session.adopt(scan)
    session.refine(RefineSettings(method="tricubic", retrospective=True))
    comparison = session.comparison
    assert comparison is not None
    assert comparison.difference.shape == scan.shape
    error = superres.super_resolve(superres.retrospective(scan), method="tricubic").array - scan.array
    np.testing.assert_allclose(comparison.difference.array, np.abs(error), atol=1e-3)
    assert comparison.figures["S1"]["rmse"] == pytest.approx(float(np.sqrt(np.mean(error[0] ** 2))), rel=1e-4)
    assert list(session.maps) == ["acquired", "thick", "SR"]


def test_an_odd_number_of_slices_can_be_held_against_its_simulation(session: Session) -> None:
    from tests.app.conftest import dess

    scan = dess((24, 20, 13))
    session.adopt(scan)
    session.refine(RefineSettings(method="tricubic", retrospective=True, maps=False))
    assert session.comparison is not None
    assert session.comparison.ssim.shape[2] in (12, 13)


def test_a_reference_on_the_fine_grid_gives_difference_and_ssim(session: Session, scan: Scan, tmp_path: Path) -> None:
    fine = superres.super_resolve(scan, method="fourier")
    session.adopt(scan)
    session.open([write_nifti(fine, tmp_path / "fine.nii.gz")], role="reference")
    assert session.scan is scan
    session.refine(RefineSettings(method="fourier", maps=False))
    assert session.comparison is not None
    assert (
        session.comparison.figures[fine.names[0] if fine.names[0] in session.comparison.figures else "S1"]["ssim"]
        > 0.999
    )


def test_a_reference_on_another_grid_is_refused(session: Session, scan: Scan) -> None:
    session.adopt(scan)
    session.reference = scan
    session.refine(TRICUBIC)
    assert session.banner is not None
    assert "reference" in session.banner.text
    assert session.result is not None
    assert session.result.done == 1.0


def test_trust_says_what_was_added_and_where_it_disagrees(session: Session, scan: Scan) -> None:
    session.adopt(scan)
    session.refine(TRICUBIC)
    session.find_trust()
    assert session.trust is not None
    assert session.trust.added.shape == (24, 20, 24)
    assert session.trust.z.shape == scan.shape


def test_a_second_order_waits_for_the_first(scan: Scan) -> None:
    held: list[Any] = []
    session = Session(lambda events, receive, ended: held.append((events, receive, ended)))
    session.adopt(scan)
    session.refine(TRICUBIC)
    session.refine(TRICUBIC)
    assert len(held) == 1
    assert session.banner is not None
    assert "still running" in session.banner.text


def test_after_shutdown_nothing_more_is_told(scan: Scan) -> None:
    held: list[Any] = []
    session = Session(lambda events, receive, ended: held.append((events, receive, ended)))
    told: list[Any] = []
    session.adopt(scan)
    session.refine(TRICUBIC)
    session.began.connect(told.append)
    session.shutdown()
    events, receive, ended = held[0]
    for event in events():
        receive(event)
    ended()
    assert told == []


def test_the_time_is_estimated_and_a_classical_method_needs_none(session: Session, scan: Scan) -> None:
    told: list[events.Estimated] = []
    session.estimated.connect(told.append)
    session.adopt(scan)
    session.estimate(TRICUBIC)
    assert told[-1].ok
    assert told[-1].text == "a few seconds · tricubic: chosen by you"
    session.estimate(RefineSettings(method="magic"))
    assert not told[-1].ok
    assert "magic" in told[-1].text


def test_three_spin_echoes_are_fitted_instead(session: Session) -> None:
    times = np.array([10.0, 20.0, 30.0, 40.0])
    decay = 1000 * np.exp(-times / 40.0)
    grid = Scan(np.ones((1, 12, 12, 4), np.float32), np.diag([1, 1, 3.0, 1]))
    noise = np.abs(np.random.default_rng(0).normal(0, 1, (4, 12, 12, 4)))
    scans = [
        grid.after("echo", grid.array * s + n).with_acquisition(echo_times=(float(t),))
        for s, n, t in zip(decay, noise, times, strict=True)
    ]
    session.adopt(stack(scans, axis="echo"))
    session.map_t2(T2Settings())
    assert np.nanmedian(session.maps["acquired"].map.array) == pytest.approx(40.0, rel=0.02)
