"""The border of the program: whatever happens inside, outside there is one line and an exit code."""

from __future__ import annotations

import errno

import pytest

from napari_mrsr.cli import console, run
from napari_mrsr.errors import MissingParameter, SeveralSeries, Stopped


def outcome_of(error: BaseException, monkeypatch, capsys, *arguments: str) -> tuple[int, str]:
    def fail(arguments):
        console.note("something said before")
        raise error

    monkeypatch.setattr(run, "_invoke", fail)
    console.forget()
    code = run.run(["sr", *arguments])
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            MissingParameter("has no echo time", where="knee.nii.gz", remedy="give --te"),
            2,
            "knee.nii.gz has no echo time; give --te",
        ),
        (Stopped("stopped"), 130, "Stopped"),
        (KeyboardInterrupt(), 130, "Interrupted"),
        (MemoryError(), 2, "OutOfMemory"),
        (OSError(errno.ENOSPC, "No space left on device", "out.nii.gz"), 2, "OutputNotWritable: out.nii.gz"),
        (PermissionError(errno.EACCES, "Permission denied", "scan.nii"), 2, "scan.nii"),
        (
            SeveralSeries("holds 2 series", where="d", remedy="give --series", choices=("1 knee", "2 scout")),
            2,
            "1 knee; 2 scout",
        ),
        (ZeroDivisionError("division by zero"), 1, "please report"),
        (RuntimeError("several\nlines\nof text"), 1, "several lines of text"),
    ],
)
def test_every_error_is_one_line_and_its_exit_code(error, code, said, monkeypatch, capsys):
    got, err = outcome_of(error, monkeypatch, capsys)
    assert got == code
    assert said in err
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err


def test_debug_shows_where_and_keeps_the_line(monkeypatch, capsys):
    code, err = outcome_of(ZeroDivisionError("division by zero"), monkeypatch, capsys, "--debug")
    assert code == 1
    assert "Traceback" in err
    assert err.splitlines()[-1].startswith("Bug: ZeroDivisionError")


def test_debug_may_stand_anywhere_but_behind_a_double_dash():
    assert run._take_debug(["sr", "a.nii", "--debug", "-o", "b.nii"]) == (["sr", "a.nii", "-o", "b.nii"], True)
    assert run._take_debug(["info", "--", "--debug"]) == (["info", "--", "--debug"], False)


def test_libraries_that_warn_and_log_are_not_heard(monkeypatch, capsys):
    import logging
    import warnings

    def chatty(arguments):
        warnings.warn("numbers of an old format", stacklevel=1)
        logging.getLogger("pydicom").warning("a value is odd")
        return 0

    monkeypatch.setattr(run, "_invoke", chatty)
    assert run.run(["info"]) == 0
    assert capsys.readouterr().err == ""
    assert logging.root.manager.disable == logging.NOTSET
