"""The package as a user gets it: manifest, imports that must stay cheap, what the wheel carries, what is declared."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import resource
import statistics
import subprocess
import sys
import tomllib
from importlib import metadata, resources
from pathlib import Path

import pytest
import yaml
from npe2 import PluginManifest

import napari_mrsr

ROOT = Path(__file__).parents[1]
SOURCE = Path(napari_mrsr.__file__).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
HEAVY = ("torch", "napari", "highdicom", "skimage", "matplotlib", "qtpy", "PyQt6", "PySide6")


def installed_editable() -> bool:
    """Tell whether the package was installed as a link to the checkout."""
    text = metadata.distribution("napari-mrsr").read_text("direct_url.json")
    return bool(text) and json.loads(text).get("dir_info", {}).get("editable", False)


def name_of(requirement: str) -> str:
    """Return the normalised name of a requirement, without versions and extras."""
    return re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0].lower().replace("_", "-")


# -- the plugin ------------------------------------------------------------
@pytest.fixture(scope="module")
def manifest() -> PluginManifest:
    """The manifest as napari finds it, through the entry point."""
    return PluginManifest.from_distribution("napari-mrsr")


def test_napari_finds_the_manifest_and_it_is_valid(manifest: PluginManifest) -> None:
    manifest.validate_imports()  # every command names something that can be called
    assert manifest.display_name


def test_the_manifest_offers_four_docks_and_the_sample_knee(manifest: PluginManifest) -> None:
    widgets = [widget.display_name for widget in manifest.contributions.widgets or []]
    for dock in ("Study", "Process", "Review", "ROI"):
        assert any(dock in name for name in widgets), f"no dock {dock} among {widgets}"
    assert any("knee" in sample.display_name.lower() for sample in manifest.contributions.sample_data or [])


# -- what stays cheap ------------------------------------------------------------
def run_python(*arguments: str) -> str:
    """Run the interpreter and return what it printed."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("napari_mrsr", ()),
        ("napari_mrsr.cli.shell", ()),
        ("napari_mrsr.networks.registry", ()),
        ("napari_mrsr.superres", ("skimage",)),
        ("napari_mrsr.files", ()),
        ("napari_mrsr.app", ("napari", "skimage", "qtpy", "PyQt6", "PySide6")),
        ("napari_mrsr.widgets", ("napari", "skimage", "matplotlib", "qtpy", "PyQt6", "PySide6")),
    ],
)
def test_heavy_libraries_wait_until_they_are_used(module: str, allowed: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    assert set(run_python("-c", code).split()) <= set(allowed)


def test_help_of_the_shell_takes_half_a_second() -> None:
    """The processor time of a run is what a quiet machine needs; other processes do not lengthen it."""
    run_python("-m", "napari_mrsr", "--help")  # compiles what is not compiled yet
    seconds = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        text = run_python("-m", "napari_mrsr", "--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert "methods" in text
    assert statistics.median(seconds) < 0.5


def test_the_command_is_on_the_path() -> None:
    (script,) = metadata.entry_points(group="console_scripts", name="napari-mrsr")
    assert callable(script.load())


# -- what the wheel carries ------------------------------------------------------------
def weights_folder() -> Path:
    """Return the weights: in the installed package, in the checkout where the package is a link to it."""
    folder = Path(str(resources.files("napari_mrsr") / "weights"))
    return ROOT / "weights" if installed_editable() else folder


def test_the_wheel_carries_the_weights() -> None:
    names = {path.relative_to(ROOT / "weights") for path in (ROOT / "weights").rglob("*") if path.is_file()}
    assert Path("manifest.json") in names
    carried = {path.relative_to(weights_folder()) for path in weights_folder().rglob("*") if path.is_file()}
    assert names <= carried


def test_the_weights_stay_below_60_mb() -> None:
    assert sum(path.stat().st_size for path in weights_folder().rglob("*") if path.is_file()) < 60e6


def test_every_method_that_is_shipped_has_its_weights_and_a_card() -> None:
    from napari_mrsr.networks import registry

    networks = [method for method in registry.methods() if method.sha256]
    assert networks, "no trained method is shipped"
    for method in networks:
        file = weights_folder() / str(method.file)
        assert hashlib.sha256(file.read_bytes()).hexdigest() == method.sha256
        card = (weights_folder() / Path(str(method.card)).name).read_text().lower()
        amount = "pairs of patches" if method.kind == "dictionary" else "step"  # a dictionary is learned at once
        for word in ("trained on", "measured", "licence", amount, "limits"):
            assert word in card, f"the card of {method.name} says nothing on {word}"


def test_the_package_says_that_it_is_typed() -> None:
    assert (SOURCE / "py.typed").is_file()


# -- what is declared ------------------------------------------------------------
def imported_libraries() -> set[str]:
    """Return the top-level names of everything that the source imports, wherever in the file."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"napari_mrsr"}


def test_every_library_that_is_imported_is_declared() -> None:
    extras = PROJECT["optional-dependencies"]
    shipped = [*PROJECT["dependencies"], *extras["openvino"], *extras["mpr"], *extras["register"], *extras["cohort"]]
    declared = {name_of(requirement) for requirement in shipped}
    owners = metadata.packages_distributions()
    for library in imported_libraries():
        names = {name.lower().replace("_", "-") for name in owners.get(library, [library])}
        assert names & declared, f"{library} is imported, but none of {sorted(names)} is declared"


def test_no_qt_binding_is_forced_on_a_user() -> None:
    bindings = ("pyqt5", "pyqt6", "pyside2", "pyside6")
    for requirement in PROJECT["dependencies"]:
        assert name_of(requirement) not in bindings
        assert not re.search(r"\[.*(all|qt|pyside)", requirement.lower())


def test_torch_is_the_same_everywhere_it_is_pinned() -> None:
    places = [ROOT / "constraints.txt", ROOT / "tox.ini", ROOT / "Makefile"]
    pins = {path.name: set(re.findall(r"\btorch==([\w.]+)", path.read_text())) for path in places}
    assert len(set().union(*pins.values())) == 1, pins
    assert all(pins.values()), pins


def test_every_dependency_has_a_version_that_is_known_to_work() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {name_of(line) for line in lines if line and not line.startswith("#")}
    wanted = {name_of(r) for r in PROJECT["dependencies"]}
    wanted |= {name_of(r) for extra in PROJECT["optional-dependencies"].values() for r in extra}
    assert wanted <= pinned, sorted(wanted - pinned)


def test_the_citation_names_the_four_papers_and_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == napari_mrsr.__version__ == metadata.version("napari-mrsr")
    first = [paper["authors"][0]["family-names"] for paper in citation["references"]]
    assert first == ["Chaudhari", "Lyu", "Sarasaen", "Qiu"]
    assert all(paper["title"] and paper["type"] for paper in citation["references"])
