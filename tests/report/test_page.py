"""One page, on which nothing runs over, read back by another program."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_mrsr.report.contents import Flat, Report
from napari_mrsr.report.drawing import draw_flat
from napari_mrsr.report.page import write_page
from napari_mrsr.report.page_table import fitted
from napari_mrsr.report.region_rows import Column, RegionRows
from napari_mrsr.report.sheet import shorten, text_width, wrap
from napari_mrsr.report.wording import bias_line, caveats
from napari_mrsr.roi.trust_light import light_of

POPPLER = shutil.which("pdftotext")
needs_poppler = pytest.mark.skipif(POPPLER is None, reason="pdftotext (poppler) is not installed")


def text_of(path: Path) -> str:
    """Return the text of a PDF as poppler reads it."""
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True).stdout.decode()


def facts_of(path: Path) -> dict[str, str]:
    """Return what pdfinfo says."""
    lines = subprocess.run(["pdfinfo", path], capture_output=True, check=True).stdout.decode().splitlines()
    return {name.strip(): text.strip() for name, _, text in (line.partition(":") for line in lines)}


def words_of(path: Path) -> list[tuple[float, float, str]]:
    """Return left and right edge (points) of each word."""
    import re

    html = subprocess.run(["pdftotext", "-bbox", path, "-"], capture_output=True, check=True).stdout.decode()
    found = re.findall(r'<word xMin="([\d.-]+)" yMin="[\d.-]+" xMax="([\d.-]+)" yMax="[\d.-]+">(.*?)</word>', html)
    return [(float(left), float(right), word) for left, right, word in found]


@needs_poppler
def test_the_page_says_how_what_and_how_far_to_believe(report: Report, tmp_path: Path) -> None:
    write_page(report, tmp_path / "report.pdf")
    text = text_of(tmp_path / "report.pdf")
    for said in (
        "De-identified", "dual-echo DESS", "TR 23 ms", "7 / 39 ms", "flip 20°", "0.5 x 0.5 x 1.5 mm", "tricubic x2",
        "medial femoral cartilage", "mean ± SD", "SR − acq.", "Research use", "Fluid at the surface", "inferred",
    ):  # fmt: skip
        assert said in text, said
    row = next(line for line in text.splitlines() if "medial femoral" in line)
    n = report.tables["SR"].iloc[0]["n"]
    assert f" {n} " in row
    assert f"{report.tables['SR'].iloc[0]['mean']:.1f} ±" in row


@needs_poppler
@pytest.mark.parametrize(("paper", "size"), [("A4", "595.276 x 841.89"), ("letter", "612 x 792")])
def test_it_is_one_page_of_the_paper_asked_for_and_its_metadata_name_nobody(
    report: Report, tmp_path: Path, paper: str, size: str
) -> None:
    write_page(report, tmp_path / "report.pdf", paper=paper)
    facts = facts_of(tmp_path / "report.pdf")
    assert facts["Pages"] == "1"
    assert facts["Page size"].startswith(size)
    assert facts["Creator"] == "napari-mrsr"
    assert not {"Author", "CreationDate", "ModDate", "Subject"} & facts.keys()


@needs_poppler
def test_eighteen_regions_with_long_names_stay_on_the_page(report: Report, tmp_path: Path) -> None:
    name = "central weight-bearing part of the medial femoral condyle, superficial layer, second reading"
    rows = {}
    for role, table in report.tables.items():
        first = table.iloc[0].to_dict()
        rows[role] = pd.DataFrame([{**first, "label": n, "name": f"{name} {n}", "n": 123456} for n in range(1, 25)])
    compared = pd.DataFrame([{**report.compared.iloc[0].to_dict(), "label": n} for n in range(1, 25)])
    flat = Flat("Femoral T2 unrolled", np.full((20, 60), 35.0), rows="medial → lateral", columns="front → back",
                spacing=(1.4, 1.0))  # fmt: skip
    lights = {n: light_of(900, 0.3 + 3 * (n % 3), 0.0) for n in range(1, 25)}
    crowded = replace(
        report, tables=rows, compared=compared, lights=lights, flats=(flat,) * 3, patient="A" * 200, identified=True
    )
    crowded = replace(crowded, notes=tuple(f"note {n}: " + "something to know, " * 12 for n in range(12)))
    write_page(crowded, tmp_path / "report.pdf")
    assert facts_of(tmp_path / "report.pdf")["Pages"] == "1"
    margin = 14.0 / 25.4 * 72
    for left, right, word in words_of(tmp_path / "report.pdf"):
        assert left >= margin - 1 and right <= 595.3 - margin + 8, word  # noqa: PT018
    text = text_of(tmp_path / "report.pdf")
    assert "123456" in text
    assert "more in the CSV tables" in text or " 24" in text
    assert "provenance.json" in text


@needs_poppler
def test_maps_of_a_brain_have_a_colour_bar_each(brain: Report, tmp_path: Path) -> None:
    text = text_of(write_page(brain, tmp_path / "brain.pdf"))
    for said in ("T1 and T2 report", "T1 estimated", "T2 estimated", "T1 [ms]", "T2 [ms]", "2500", "150"):
        assert said in text, said


@needs_poppler
def test_one_echo_without_maps_still_makes_a_page(report: Report, tmp_path: Path) -> None:
    one = Report(report.scan.volume(0))
    write_page(one, tmp_path / "report.pdf")
    text = text_of(tmp_path / "report.pdf")
    assert "No region is painted" in text
    assert "not mapped" in text


def test_dollars_and_odd_letters_are_no_formulas(report: Report, tmp_path: Path) -> None:
    odd = replace(report, patient="$x_1$ \\frac{a}", identified=True)
    assert write_page(odd, tmp_path / "report.pdf").stat().st_size > 10_000


def test_the_bias_told_is_that_of_the_printed_table(dess_tables: pd.DataFrame, make, report: Report) -> None:
    """Table B: 20 degrees, TR 23, TE 7, spoiler of 3132 G/cm us: 35 ms are read as 35.74, 50 as 52.54."""
    step = {"method": "analytic", "t1": 1200.0, "repetition_time": 23.0, "echo_time": 7.0, "flip_angle": 20.0,
            "spoiler_moment": 0.03132, "spoiler_duration": 1.56, "diffusivity": 1.25e-9}  # fmt: skip
    one = report.maps["SR"]
    one = replace(one, history=()).after("t2 from dess", one.array, parameters=step)
    assert "35 ms as 35.7 ms and 50 ms as 52.5 ms" in bias_line({"SR": one})


def test_only_what_was_done_is_said(report: Report) -> None:
    plain = Report(report.scan, maps={"acquired": report.maps["acquired"]})
    text = " ".join(caveats(plain))
    assert "Super-resolved" not in text
    assert "extended phase graph" in text
    assert "Without a rim" not in text
    trusted = replace(report, trust={"volumes": {"S1": {"added_percent": 4.2, "z_large_percent": 0.31}},
                                     "t2_median_difference": 0.4, "t2_iqr": 1.1})  # fmt: skip
    assert "4.2 %" in " ".join(caveats(trusted))
    assert "median +0.40 ms" in " ".join(caveats(trusted))
    unsure = replace(report, trust={"volumes": {"S1": {"added_percent": 4.2, "z_large_percent": None}}})
    assert "|z|" not in " ".join(caveats(unsure))


def test_text_is_measured_before_it_is_set() -> None:
    assert text_width("mm" * 10) == pytest.approx(10 * text_width("mm"), rel=0.01)
    assert text_width("text", points=15) == pytest.approx(2 * text_width("text", points=7.5), rel=1e-6)
    name = "medial femoral cartilage, central part, superficial layer"
    for width in (10.0, 20.0, 40.0):
        short = shorten(name, width)
        assert text_width(short) <= width
        assert short[0] == "m" and short[-1] == "r"  # noqa: PT018
        assert all(text_width(line) <= width for line in wrap(name * 3, width))
    assert shorten("x", 0.0) == "…"


def _wide(columns: int, cell: str) -> RegionRows:
    groups = ("deep [ms]", "superficial [ms]", "total [ms]")
    made = [
        Column(groups[n % len(groups)], "acquired", 18.0, (cell,)) for n in sorted(range(columns), key=lambda n: n % 3)
    ]
    return RegionRows(("medial femoral posterior",), (*made, Column("thickness", "[mm]", 16.0, ("2.3",))))


@pytest.mark.parametrize("columns", [3, 9, 15, 18, 24])
def test_no_figure_of_a_wide_table_is_cut(columns: int) -> None:
    """Truncated figures would read as other figures."""
    room = 182.0
    table, widths, points = fitted(_wide(columns, "106.4 ± 123.9"), room, 7.5)
    assert sum(widths) + text_width(table.names[0], points=points) <= room + 0.01
    assert points >= 5.0
    for wide, column in zip(widths, table.columns, strict=True):
        for text in (column.title, *column.cells):
            assert shorten(text, wide - 0.8, points=points) == text
    assert table.columns[0].cells == (("106.4 ± 123.9",) if columns < 10 else ("106.4",))
    assert len(table.columns) == columns + 1 or columns > 12


def test_the_words_beside_a_narrow_map_do_not_run_into_its_title() -> None:
    from matplotlib.figure import Figure

    for rows, upright in ((40, True), (8, False)):
        axes = Figure(figsize=(4.0, 4.0)).add_axes((0.1, 0.1, 0.6, 0.6))
        flat = Flat(
            "T2", np.full((rows, 60), 35.0), rows="medial → lateral", columns="front → back", spacing=(1.0, 1.0)
        )
        draw_flat(axes, flat, limit=80.0, colormap="navia")
        assert bool(axes.get_ylabel()) is upright
        assert "medial → lateral" in axes.get_ylabel() + axes.get_xlabel()
