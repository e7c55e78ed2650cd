"""Weights of one's own in the viewer: in place of the shipped ones, named after their file."""

from __future__ import annotations

from pathlib import Path

from napari_mrsr.app import cards, estimates, jobs
from napari_mrsr.app.events import Estimated, RefineSettings
from napari_mrsr.app.viewing import View
from napari_mrsr.networks import registry
from napari_mrsr.scan import Scan


def own(folder: Path) -> Path:
    """Return the shipped weights of ``lean`` under another name, as a person's own."""
    shipped = registry.find("lean").file
    assert shipped is not None
    path = folder / "mine.safetensors"
    path.write_bytes(shipped.read_bytes())
    return path


def test_the_result_is_called_after_the_file(view: View, scan: Scan, tmp_path: Path) -> None:
    view.session.adopt(scan)
    view.session.refine(RefineSettings(weights=str(own(tmp_path)), maps=False))
    result = view.session.result
    assert result is not None
    assert result.method == "mine"
    assert not result.partial
    assert view.layer("S1 SR x2 [mine]") is not None


def test_they_do_what_the_shipped_ones_do_where_they_are_the_same(view: View, scan: Scan, tmp_path: Path) -> None:
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="lean", maps=False))
    shipped = view.session.result.scan.array.copy()
    view.session.refine(RefineSettings(weights=str(own(tmp_path)), maps=False))
    assert (view.session.result.scan.array == shipped).all()


def test_a_file_that_holds_no_weights_is_refused_in_one_line(view: View, scan: Scan, tmp_path: Path) -> None:
    path = tmp_path / "not.safetensors"
    path.write_text("no weights")
    view.session.adopt(scan)
    view.session.refine(RefineSettings(weights=str(path)))
    assert view.session.result is None
    assert view.session.banner.level == "bad"
    assert "not.safetensors" in view.session.banner.text


def test_the_time_is_estimated_with_them(scan: Scan, tmp_path: Path) -> None:
    (found,) = [
        e
        for e in estimates.estimate(scan, RefineSettings(weights=str(own(tmp_path))))(lambda: False)
        if isinstance(e, Estimated)
    ]
    assert found.ok
    assert found.seconds is not None


def test_the_card_says_that_nothing_is_known_of_them(tmp_path: Path) -> None:
    assert "not known" in cards.html("auto", str(tmp_path / "mine.safetensors"))


def test_without_them_the_method_is_chosen_as_before(scan: Scan) -> None:
    assert jobs.method_of(scan, RefineSettings(method="tricubic"), 2) == ("tricubic", "chosen by you")


def test_methods_in_plane_are_not_offered_for_slices(monkeypatch) -> None:
    plane = registry.Method("swift", "network", "", axes=("in-plane",))
    monkeypatch.setattr(registry, "methods", lambda: (*registry.CLASSICAL, plane))
    assert "swift" not in cards.choices()
    assert "fourier" in cards.choices()


def test_a_dictionary_stands_between_networks_and_interpolation_and_is_timed(scan: Scan) -> None:
    names = cards.choices()
    assert names.index("lean") < names.index("aplus") < names.index("tricubic")
    assert "trained dictionary" in cards.html("aplus")
    settings = RefineSettings(method="aplus")
    (found,) = [e for e in estimates.estimate(scan, settings)(lambda: False) if isinstance(e, Estimated)]
    assert found.ok
    assert found.seconds is not None
    assert found.seconds > 0


def test_a_dictionary_fills_the_result_in_the_viewer(view: View, scan: Scan) -> None:
    view.session.adopt(scan)
    view.session.refine(RefineSettings(method="aplus", maps=False))
    assert view.session.result is not None
    assert not view.session.result.partial
    assert view.layer("S1 SR x2 [aplus]") is not None
