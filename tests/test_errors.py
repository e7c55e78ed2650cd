"""Errors are for the person who meets them: what, where, and what to do, in one line."""

from __future__ import annotations

import inspect

import pytest

from napari_mrsr import errors
from napari_mrsr.errors import MissingParameter, MrsrError, SeveralSeries, Stopped

EVERY = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, MrsrError)]


def test_the_line_says_where_what_and_what_to_do() -> None:
    error = MissingParameter("has no echo time", where="knee_e2.nii.gz", remedy="give --te")
    assert str(error) == "MissingParameter: knee_e2.nii.gz has no echo time; give --te"


def test_a_message_of_several_lines_becomes_one() -> None:
    assert "\n" not in MrsrError("holds\n  two patients", remedy="keep\none").line


def test_place_and_remedy_may_be_missing() -> None:
    assert MrsrError("is empty").line == "is empty"


@pytest.mark.parametrize("kind", EVERY)
def test_every_error_says_in_its_name_and_docstring_what_is_wrong(kind: type[MrsrError]) -> None:
    assert (kind.__doc__ or "").strip()
    assert str(kind("is odd")).startswith(f"{kind.__name__}: is odd")


@pytest.mark.parametrize("kind", EVERY)
def test_bad_input_ends_with_2_and_a_stop_with_130(kind: type[MrsrError]) -> None:
    assert kind.exit_code == (130 if issubclass(kind, Stopped) else 2)


def test_several_series_are_listed_for_the_one_who_chooses() -> None:
    error = SeveralSeries("holds 2 series", choices=("1 DESS", "2 PD"))
    assert error.choices == ("1 DESS", "2 PD")
