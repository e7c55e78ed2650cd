"""The demo command and the screen it draws on."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager

import pytest

from napari_mrsr.cli import screen


@pytest.fixture(scope="module")
def coarse_knee():
    from napari_mrsr import demo

    return demo.sample(coarse=8)


@pytest.fixture
def small_knee(coarse_knee, monkeypatch):
    from napari_mrsr import demo

    monkeypatch.setattr(demo, "sample", lambda: coarse_knee)


def test_without_a_screen_the_demo_leaves_everything_but_pictures_and_says_so(shell, small_knee, monkeypatch, tmp_path):
    from napari_mrsr.cli import demo as command

    @contextmanager
    def no_screen():
        yield False

    monkeypatch.setattr(command, "some_screen", no_screen)
    out = tmp_path / "new" / "demo"
    outcome = shell("demo", "--out", out, "--no-window")
    assert outcome.code == 0, outcome.err
    assert "no pictures" in outcome.err
    left = {path.name for path in out.iterdir()}
    assert {"knee_sr.nii.gz", "t2_sr.nii.gz", "trust_z.nii.gz", "stats.csv"} <= left
    for name in left:
        assert name.endswith(".json") or str(out / name) in outcome.out, f"{name} is not explained"


def test_with_a_screen_the_docks_are_pictured_and_explained(shell, small_knee, monkeypatch, tmp_path):
    from napari_mrsr.app import screenshots
    from napari_mrsr.app.brain_maps import pictures as brain_maps
    from napari_mrsr.app.dynamic import pictures as abdomen
    from napari_mrsr.app.in_plane import pictures as brain
    from napari_mrsr.cli import demo as command

    @contextmanager
    def a_screen():
        yield True

    asked = {}
    machine = os.environ["NAPARI_MRSR_STATE"]

    def take(folder, **options):
        asked.update(options, state=os.environ["NAPARI_MRSR_STATE"], settings=os.environ["NAPARI_CONFIG"])
        assert os.listdir(asked["state"]) == []
        paths = [folder / name for name in command.PICTURES]
        for path in paths:
            path.write_bytes(b"picture")
        return paths

    monkeypatch.setattr(command, "some_screen", a_screen)
    monkeypatch.setattr(screenshots, "take", take)
    for others in (abdomen, brain, brain_maps):
        monkeypatch.setattr(others, "take", lambda folder: [folder / "other.png"])
    outcome = shell("demo", "--out", tmp_path, "--no-window", "--all")
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("other.png") == 3
    assert asked["close"] is True
    assert asked["state"] != machine  # no autosave of the machine in the pictures
    assert asked["settings"].startswith(asked["state"])
    assert os.environ["NAPARI_MRSR_STATE"] == machine
    assert not os.path.exists(asked["state"])
    assert asked["scan"].shape[2] * 2 == asked["truth"].scan.shape[2]
    for name in command.PICTURES:
        assert name in outcome.out


@pytest.mark.skipif(not os.path.exists("/proc"), reason="a virtual screen is only made on Linux")
def test_a_virtual_screen_is_made_and_taken_away_again(monkeypatch):
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    assert not screen.own_screen()
    with screen.some_screen() as there:
        assert there
        display = os.environ["DISPLAY"]
        assert os.path.exists(f"/tmp/.X11-unix/X{display.lstrip(':')}")
    assert "DISPLAY" not in os.environ


def test_no_screen_and_no_xvfb_is_no_error(monkeypatch):
    monkeypatch.setattr(screen.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(screen.shutil, "which", lambda name: None)
    with screen.some_screen() as there:
        assert not there
