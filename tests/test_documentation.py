"""The documentation speaks of what exists: modules, functions, commands, options, pictures."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from pathlib import Path

import pytest
import typer

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = {
    page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES if "_build" not in page.parts
}


def fenced(text: str, language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def resolve(dotted: str) -> object:
    """Return what a dotted name means: the longest module in it, then attributes."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError as error:
            if error.name is None or not dotted.startswith(error.name):
                raise
            continue
        for attribute in parts[cut:]:
            found = getattr(found, attribute)
        return found
    raise ModuleNotFoundError(dotted)


@pytest.mark.parametrize("page", TEXTS)
def test_every_python_name_exists(page: str) -> None:
    names = set(re.findall(r"\bnapari_mrsr(?:\.[A-Za-z_]\w*)+", TEXTS[page])) - {"napari_mrsr.yaml"}
    for name in sorted(names):
        resolve(name)


@pytest.mark.parametrize("page", TEXTS)
def test_every_import_in_an_example_works(page: str) -> None:
    for block in fenced(TEXTS[page], "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("napari_mrsr"):
                for alias in node.names:
                    resolve(f"{node.module}.{alias.name}")


@pytest.mark.parametrize("page", TEXTS)
def test_every_command_and_option_exists(page: str) -> None:
    from napari_mrsr.cli.shell import app

    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for block in fenced(TEXTS[page], "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] != ["napari-mrsr"] or len(words) < 2 or words[1].isupper():
                continue
            assert words[1] in commands, line
            known = {name for parameter in commands[words[1]].params for name in (*parameter.opts, "--help", "--debug")}
            for word in words[2:]:
                assert not word.startswith("-") or word.split("=")[0] in known, line


@pytest.mark.parametrize("page", TEXTS)
def test_every_picture_and_page_that_is_linked_is_there(page: str) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", TEXTS[page]):
        if not re.match(r"[a-z]+:", target):
            assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"


def test_readme_gives_the_two_commands_that_continuous_integration_runs() -> None:
    assert "make demo" in TEXTS["README.md"]
    assert "make test" in TEXTS["README.md"]
    assert re.search(r"^make test\b", (ROOT / ".ci" / "run").read_text(), flags=re.MULTILINE)
