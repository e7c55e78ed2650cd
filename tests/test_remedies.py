"""Every error says what to do about it, in the reading room and in the rooms below it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import napari_mrsr
from napari_mrsr import errors

ROOT = Path(napari_mrsr.__file__).parent
ROOMS = (
    *("app", "widgets", "report", "roi", "cli"),
    *("files", "mapping", "metrics", "inference", "sampling", "networks"),
)
ERRORS = {
    name
    for name, found in vars(errors).items()
    if isinstance(found, type) and issubclass(found, errors.MrsrError) and found is not errors.Stopped
}


def without_remedy(code: str) -> list[int]:
    """Return the lines that make a typed error and give no remedy."""
    calls = (n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name))
    typed = (call for call in calls if call.func.id in ERRORS)  # type: ignore[attr-defined]
    return [call.lineno for call in typed if not {k.arg for k in call.keywords} & {"remedy", None}]


def test_a_raise_without_remedy_is_found() -> None:
    assert without_remedy('raise BadParameter("no")\nraise BadParameter("no", remedy="yes")\nraise Stopped()') == [1]


@pytest.mark.parametrize("room", ROOMS)
def test_every_error_of_a_room_has_a_remedy(room: str) -> None:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    found = {str(path.relative_to(ROOT)): without_remedy(path.read_text(encoding="utf-8")) for path in files}
    assert {name: lines for name, lines in found.items() if lines} == {}
