"""What a report says in words: facts of the scan, how T2 was found, and what limits it.

The lines are made from what was done (the history of the scans), never from what is usual: a step that was not taken is
not mentioned, and the bias of the analytic T2 is computed for the sequence at hand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from napari_mrsr.report.contents import Report
from napari_mrsr.scan import Scan, Step

#: Names of the steps that are told apart.
SR_STEP, DESS_STEP, MULTI_ECHO_STEP = "super-resolution", "t2 from dess", "t2 from multi-echo"
BRAIN_STEP = "maps of the brain"

#: T2 at which the bias of the analytic formula is told, ms: healthy and degenerate cartilage.
BIAS_AT = (35.0, 50.0)

RESEARCH = "Research use. Derived from the acquired images, not acquired; not for diagnosis on its own."

ESTIMATED = "T1 and T2 were not measured: a network estimated them from T1w, T2w and FLAIR, as others it had seen."
TRUST = "Trust says whether SR agrees with what was measured in a region, not whether detail between slices is true."


def step_of(scan: Scan | None, name: str) -> Step | None:
    """Return the latest step of that name in the history of a scan, or None."""
    steps = () if scan is None else scan.history
    return next((step for step in reversed(steps) if step.name == name), None)


def scan_facts(report: Report) -> list[tuple[str, str]]:
    """Return facts of the acquired scan as (name, text); what the header does not say is left out."""
    scan, a = report.scan, report.scan.acquisition
    facts = []
    if a.series_description and report.identified:
        facts.append(("Series", a.series_description))
    kind, named = _kind(scan), a.sequence or ""
    sequence = kind if named.lower() in kind.lower() else ", ".join(t for t in (kind, named) if t)
    facts.append(("Sequence", sequence or "not stated"))
    times = [f"TR {a.repetition_time:.4g} ms"] if a.repetition_time is not None else []
    times += [f"TE {' / '.join(f'{t:.4g}' for t in a.echo_times)} ms"] if a.echo_times else []
    times += [f"flip {a.flip_angle:.3g}°"] if a.flip_angle is not None else []
    facts.append(("Timing", ", ".join(times) or "not stated"))
    if a.spoiler_moment:
        spoiler = f"{1000 * a.spoiler_moment:.4g} mT/m·ms" + (
            f", {a.spoiler_duration:.3g} ms" if a.spoiler_duration else ""
        )
        facts.append(("Spoiler", spoiler))
    facts.append(("Matrix", f"{size(scan.shape)}, voxel {size(scan.spacing, '.3g')} mm"))
    if report.refined is not None:
        facts.append(
            ("Super-resolved", f"{size(report.refined.shape)}, voxel {size(report.refined.spacing, '.3g')} mm")
        )
    scanner = " ".join(t for t in (a.manufacturer, a.model) if t)
    scanner += f" {a.field_strength:.2g} T" if a.field_strength is not None else ""
    facts.append(("Scanner", scanner.strip() or "not stated"))
    if a.laterality or a.body_part:
        facts.append(("Part", " ".join(t for t in (a.laterality, (a.body_part or "").lower()) if t)))
    return facts


def method_facts(report: Report) -> list[tuple[str, str]]:
    """Return how the maps came to be as (name, text)."""
    facts = []
    sr = step_of(report.refined, SR_STEP) or step_of(report.maps.get("SR"), SR_STEP)
    if sr is not None:
        facts.append(("Super-resolution", _sr(sr.parameters, report.scan)))
        facts += [(name, text) for name, text in report.model]
        if sr.parameters.get("sha256"):
            facts.append(("Weights", f"sha256 {str(sr.parameters['sha256'])[:12]}"))
        elif sr.parameters.get("weights"):
            facts.append(("Weights", str(sr.parameters["weights"])))
        if sr.parameters.get("consistency"):
            facts.append(("Consistency", str(sr.parameters["consistency"])))
    brain = step_of(report.maps.get("T1"), BRAIN_STEP)
    if brain is not None:
        told = f"network {brain.parameters.get('weights', '')}, {brain.parameters.get('plane', '')} slices"
        facts.append(("T1 and T2", f"estimated from T1w, T2w and FLAIR: {told}"))
    t2 = t2_line(report.maps)
    if t2:
        facts.append(("T2", re.sub(r"(T1|[0-9]) (?=[0-9m])", "\\1\N{NO-BREAK SPACE}", t2)))  # numbers keep their unit
    return facts


def sr_name(report: Report) -> str:
    """Return the method of super-resolution in a few words, empty where there was none."""
    step = step_of(report.refined, SR_STEP) or step_of(report.maps.get("SR"), SR_STEP)
    return "" if step is None else _sr(step.parameters, report.scan)


def method_line(report: Report) -> str:
    """Return in one line how the maps came to be."""
    sr = sr_name(report)
    parts = [f"super-resolution {sr}"] if sr else []
    t2 = t2_line(report.maps)
    if "T1" in report.maps:
        parts.append("T1 and T2 by a network from T1w, T2w and FLAIR")
    return "; ".join([*parts, f"T2 by {t2}"] if t2 else parts) or "no T2 map; statistics of the signal"


def t2_line(maps: Mapping[str, Scan]) -> str:
    """Return how T2 was found, empty where it was not."""
    for one in maps.values():
        dess, multi = step_of(one, DESS_STEP), step_of(one, MULTI_ECHO_STEP)
        if dess is not None:
            p = dess.parameters
            how = "closed form (Sveinsson 2017)" if p.get("method") == "analytic" else "extended phase graph"
            spoiled = "" if p.get("spoiler_moment") else ", spoiler left out"
            return f"dual-echo DESS, {how}, {_t1(p)}, D {p.get('diffusivity', math.nan):.3g} m²/s{spoiled}"
        if multi is not None:
            return "mono-exponential fit of the spin echoes, first echo left out"
    return ""


def _t1(parameters: Mapping[str, Any]) -> str:
    """Return the T1 that T2 was read with: one, or by tissue."""
    t1 = parameters.get("t1", math.nan)
    if isinstance(t1, (int, float)):
        return f"T1 {t1:g} ms"
    tissue = parameters.get("t1_by_tissue")
    if not tissue:
        low, high = parameters.get("t1_range", (math.nan, math.nan))
        return f"T1 map from {low:g} to {high:g} ms"
    by = ", ".join(f"{name} {value:g} ms" for name, value in tissue.items())
    return f"T1 by region ({by}; elsewhere {parameters.get('t1_elsewhere', math.nan):g} ms)"


def caveats(report: Report) -> list[str]:
    """Return what limits the figures, most important first."""
    lines = [RESEARCH]
    if report.refined is not None or "SR" in report.maps:
        lines.append(_inferred(report))
    bias = bias_line(report.maps)
    if bias:
        lines.append(bias)
    lines += _certain(report)
    if report.lights:
        lines.append(TRUST)
    if "T1" in report.maps:
        lines.append(ESTIMATED)
    elif report.mapped:
        lines.append(_rim(report))
    else:
        lines.append("There is no T2 map: the statistics are those of the signal, which has no unit.")
    said = [line for one in report.maps.values() for line in one.warnings]
    said += [*report.scan.warnings, *report.notes]
    return list(dict.fromkeys([*lines, *(_sentence(line) for line in said)]))


def bias_line(maps: Mapping[str, Scan]) -> str:
    """Return by how much the analytic T2 of DESS is wrong for this sequence; empty where another way was taken."""
    import numpy as np

    from napari_mrsr.mapping import sveinsson
    from napari_mrsr.physics.dess import DessSequence
    from napari_mrsr.physics.epg import dess_signals

    for one in maps.values():
        step = step_of(one, DESS_STEP)
        if step is None:
            continue
        p = step.parameters
        if p.get("method") != "analytic":
            return "T2 by the extended phase graph has no bias of its own; T1, diffusivity and flip angle are assumed."
        names = ("repetition_time", "echo_time", "flip_angle", "spoiler_moment", "spoiler_duration", "diffusivity")
        try:
            sequence = DessSequence(*(float(p[name]) for name in names))
            t1 = float(p["t1"] if isinstance(p["t1"], (int, float)) else p["t1_elsewhere"])
        except (KeyError, TypeError, ValueError):
            return ""
        first, second = dess_signals(t1, np.array(BIAS_AT), sequence)
        k, c1 = sveinsson.coefficients(sequence, t1)
        read = -2 * (sequence.repetition_time - sequence.echo_time) / (np.log(second / (k * first)) + c1)
        told = " and ".join(f"{t:g} ms as {r:.1f} ms" for t, r in zip(BIAS_AT, read, strict=True))
        return (
            f"The closed form reads T2 too long: with this sequence {told}. "
            "T1, diffusivity and flip angle are assumed, not measured."
        )
    return ""


def _inferred(report: Report) -> str:
    line = "Super-resolved slices are inferred: what lies between acquired slices is the method's guess."
    volumes = report.trust.get("volumes", {}).values()
    added = [float(row["added_percent"]) for row in volumes if row.get("added_percent") is not None]
    large = [float(row["z_large_percent"]) for row in volumes if row.get("z_large_percent") is not None]
    if added:
        line += f" {max(added):.1f} % of the scale was added that no acquired slice can confirm."
    if any(math.isfinite(value) for value in large):
        line += f" |z| > 3 in {max(large):.2f} % of the voxels (by chance 0.27 %)."
    shift, spread = report.trust.get("t2_median_difference"), report.trust.get("t2_iqr")
    if shift is not None and spread is not None and math.isfinite(shift):
        line += " T2 of the re-thickened minus the acquired echoes: "
        line += f"median {signed(shift, '+.2f')} ms, IQR {spread:.2f} ms."
    widths = [float(row["interval_percent"]) for row in volumes if row.get("interval_percent") is not None]
    if widths and report.trust.get("interval_coverage"):
        part = f"{report.trust['interval_coverage']:.0%}"
        line += f" {part} of the values are expected within ± {max(widths):.1f} % of the scale (in the median)."
    if not report.trust:
        line += " Trust was not computed."
    sr = step_of(report.refined, SR_STEP) or step_of(report.maps.get("SR"), SR_STEP)
    if sr is not None and sr.parameters.get("outside"):
        line += f" Outside the training of the method: {'; '.join(sr.parameters['outside'])}."
    return line


def _certain(report: Report) -> list[str]:
    """Return what SE is and is not, and which regions have a T2 that is not told, or of their brighter part."""
    from napari_mrsr.roi.certainty import brighter_part, flag_words

    lines = []
    tables = [table for table in report.tables.values() if "standard_error" in table]
    if any(table["standard_error"].notna().any() for table in tables):
        lines.append(
            "SE is the standard error of a mean by the noise of the echoes alone; how regions are drawn and what is "
            "assumed of T1 and B1 weigh more."
        )
    rows = tables[0].to_dict("records") if tables else []
    short = [f"{row['name']} ({_bound(row)})" for row in rows if row["flag"] == "too short"]
    if short:
        lines.append(f"T2 is too short for this TR and TE, the later echo is lost in noise, in: {', '.join(short)}.")
    lines += [f"{row['name']}: {flag_words(row)}." for row in rows if row["flag"] == "too dark"]
    return lines + [f"{row['name']}: {words}." for row in rows if (words := brighter_part(row))]


def _bound(row: Mapping[Any, Any]) -> str:
    """Return what is known of a T2 that is too short, and in how much of the region it is."""
    lost = f"{row['undetermined_percent'] + row['dark_percent']:.0f} % of the voxels"
    return f"{lost}, at most about {row['at_most']:.0f} ms" if math.isfinite(row["at_most"]) else lost


def _rim(report: Report) -> str:
    line = "Fluid at the surface raises T2 of the voxels that hold both."
    table = report.erosion
    if table is not None and {"mean", "mean_eroded"} <= set(table.columns):
        change = (table["mean_eroded"] - table["mean"]).dropna()
        if len(change):
            low, high = signed(change.min()), signed(change.max())
            by = low if low == high else f"{low} to {high}"
            rim = report.settings.get("erosion_mm")
            without = f"Without a rim of {rim:g} mm" if isinstance(rim, (int, float)) else "Without the rim"
            line += f" {without} the means change by {by} ms."
    return line


def _kind(scan: Scan) -> str:
    from napari_mrsr.files.naming import is_dess

    if is_dess(scan.acquisition.echo_times, scan.acquisition.repetition_time):
        return "dual-echo DESS"
    return f"{scan.volumes} echoes" if scan.axis == "echo" and scan.volumes > 1 else ""


def _sr(parameters: Mapping[str, Any], scan: Scan) -> str:
    factor, axis = parameters.get("factor"), parameters.get("axis")
    along = f" along axis {'ijk'[axis]}" if isinstance(axis, int) and axis in (0, 1, 2) else ""
    if axis is not None and axis == scan.slice_axis:
        along = " across the slices"
    if isinstance(matrix := parameters.get("matrix"), list | tuple):
        along = f" in plane to {'x'.join(map(str, matrix))}"
    times = f" x{factor:g}" if isinstance(factor, (int, float)) else ""
    return f"{parameters.get('method', 'unknown')}{times}{along}"


def _sentence(line: str) -> str:
    text = line.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def signed(value: float, form: str = "+.1f") -> str:
    """Return a number with a true minus sign, and a zero without one.

    Examples
    --------
    >>> signed(-1.26), signed(-0.01), signed(35.04, ".1f")
    ('−1.3', '0.0', '35.0')
    """
    text = f"{value:{form}}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "−")


def size(values: tuple[float, ...], form: str = "g") -> str:
    """Return numbers as ``"0.4 x 0.4 x 1.4"``."""
    return " x ".join(f"{value:{form}}" for value in values)
