"""What is said beside the results."""

from __future__ import annotations

import sys

import pytest

from napari_mrsr.cli import console


@pytest.fixture(autouse=True)
def nothing_said():
    console.forget()
    yield
    console.forget()


def test_on_a_terminal_a_note_appears_at_once_and_only_once(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    console.note("method lean", "method lean")
    assert capsys.readouterr().err == "method lean\n"
    console.flush()
    assert capsys.readouterr().err == ""


def test_in_a_pipe_notes_wait_for_success(capsys):
    console.warn(["the echoes are swapped"])
    assert capsys.readouterr().err == ""
    console.flush()
    assert capsys.readouterr().err == "warning: the echoes are swapped\n"


def test_a_note_is_one_line(capsys):
    console.note("several\n lines   of text")
    console.flush()
    assert capsys.readouterr().err == "several lines of text\n"


def test_a_bar_is_drawn_on_a_terminal_only_and_never_on_stdout(monkeypatch, capsys):
    with console.progress("super-resolving") as show:
        show(0.5)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with console.progress("super-resolving") as show:
        show(0.5)
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "super-resolving" in streams.err
