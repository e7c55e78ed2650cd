"""The whole job on the sample knee, whose truth is known, without a window.

A phantom knee with thin slices is the truth. Its slices are made twice as thick, as a scan of half the time would have
given them; the default method refines them again. T2 is mapped from the thick, the refined and the true echoes, and the
medial femoral cartilage is measured in all three. Beside the pictures stand the numbers: how far the refined echoes are
from the truth, what the method added, and where it disagrees with the thick slices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from napari_mrsr.mapping import T2Map
    from napari_mrsr.phantoms import KneePhantom
    from napari_mrsr.report.contents import Report
    from napari_mrsr.scan import Scan
    from napari_mrsr.superres import Trust

FACTOR = 2
REGION = "medial femoral cartilage"

#: Slices of the sample that hold the whole medial condyle of a right knee (the patient's left comes first).
SLAB = (24, 88)

Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Demo:
    """What the demo made.

    Parameters
    ----------
    knee
        The phantom: thin slices, labels and true T2.
    method
        By which its echoes were super-resolved.
    acquired, refined
        The two echoes with thick slices, and super-resolved.
    t2_acquired, t2_refined
        T2 (ms) of either.
    trust
        What was added and where it disagrees.
    difference, similarity
        Refined minus noise-free true echoes, and their local SSIM.
    metrics
        Figures of each echo against the noise-free truth, air left out, for the method and for tricubic interpolation.
    table
        Statistics of T2 in the cartilage: acquired, SR and truth.
    """

    knee: KneePhantom
    method: str
    acquired: Scan
    refined: Scan
    t2_acquired: T2Map
    t2_refined: T2Map
    trust: Trust
    difference: Scan
    similarity: Scan
    metrics: dict[str, Any]
    table: pd.DataFrame


def sample(seed: int = 0, *, coarse: int = 1) -> KneePhantom:
    """Return the medial half of the sample knee with its truth.

    Parameters
    ----------
    seed
        Which knee.
    coarse
        How many times fewer voxels in plane, over the same field of view.
    """
    from napari_mrsr.phantoms import knee

    shape, spacing = (416 // coarse, 416 // coarse, 160), (0.385 * coarse, 0.385 * coarse, 0.7)
    return knee(seed, shape=shape, spacing=spacing, slab=SLAB, side="right")


def make(knee: KneePhantom, *, method: str = "auto", progress: Progress | None = None) -> Demo:
    """Do the whole job on a knee.

    Parameters
    ----------
    knee
        With thin slices; see :func:`sample`.
    method
        A name of :func:`napari_mrsr.networks.registry.methods`, or auto.
    progress
        Told the part of the super-resolution that is done, 0 to 1.
    """
    from napari_mrsr import metrics
    from napari_mrsr.interpolation import interpolate_scan
    from napari_mrsr.mapping import t2_from_dess
    from napari_mrsr.phantoms import thick_scan
    from napari_mrsr.superres import choose_method, super_resolve, trust

    axis = knee.scan.find_slice_axis()
    acquired = thick_scan(knee, factor=FACTOR)
    if method == "auto":
        method = choose_method(acquired, FACTOR, axis)[0].name
    refined = super_resolve(acquired, method=method, factor=FACTOR, axis=axis, progress=progress)
    t2_acquired, t2_refined = t2_from_dess(acquired), t2_from_dess(refined)
    tricubic = interpolate_scan(acquired, "tricubic", FACTOR, axis)
    truth, body = knee.noiseless, knee.labels.array[0] > 0  # in air there is nothing but noise to compare
    figures = {name: metrics.compare(truth, test, body) for name, test in ((method, refined), ("tricubic", tricubic))}
    return Demo(
        knee=knee,
        method=method,
        acquired=acquired,
        refined=refined,
        t2_acquired=t2_acquired,
        t2_refined=t2_refined,
        trust=trust(acquired, refined, factor=FACTOR, axis=axis),
        difference=metrics.difference_map(truth, refined),
        similarity=metrics.ssim_map(truth, refined),
        metrics=figures,
        table=cartilage_table(knee, t2_acquired.map, t2_refined.map),
    )


def region_of(knee: KneePhantom) -> Scan:
    """Return the labels of the knee with all but the measured region left out."""
    import numpy as np

    from napari_mrsr.phantoms import LABELS

    number = next(label for label, name in LABELS.items() if name == REGION)
    return knee.labels.after("choose region", np.where(knee.labels.array == number, number, 0).astype(np.uint8))


def cartilage_table(knee: KneePhantom, acquired: Scan, refined: Scan) -> pd.DataFrame:
    """Return T2 statistics (ms) of the medial femoral cartilage: a row each for acquired, refined and true map."""
    import pandas as pd

    from napari_mrsr.phantoms import LABELS
    from napari_mrsr.roi import statistics

    region = region_of(knee)
    tables = []
    for name, values in (("acquired", acquired), ("SR", refined), ("truth", knee.t2)):
        table = statistics(values, region, names=LABELS)
        table.insert(0, "map", name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def report_of(demo: Demo) -> Report:
    """Return what the page of the demo shows: the cartilage in its regions, acquired, super-resolved and true."""
    from napari_mrsr.networks.made_by import model_facts
    from napari_mrsr.phantoms import LABELS
    from napari_mrsr.report.contents import Report
    from napari_mrsr.roi import statistics
    from napari_mrsr.roi.cartilage import divide, regional_statistics

    maps = {"acquired": demo.t2_acquired.map, "SR": demo.t2_refined.map, "truth": demo.knee.t2}
    labels = region_of(demo.knee)
    names = {label: name for label, name in LABELS.items() if name == REGION}
    regions = divide(labels, names, side="right")
    return Report(
        scan=demo.acquired,
        refined=demo.refined,
        maps=maps,
        labels=labels,
        names=names,
        tables={role: statistics(found, labels, names=names) for role, found in maps.items()},
        regional={role: regional_statistics(found, regions) for role, found in maps.items()},
        trust=demo.trust.summary,
        notes=("A simulated knee: its truth is known.", *regions.notes),
        model=model_facts(demo.refined),
    )


def write(demo: Demo, folder: Path) -> Iterator[tuple[str, str]]:
    """Write the results flat into a folder; yields the name of each file and what it is, as it is written."""
    from napari_mrsr.files import write_labels, write_nifti
    from napari_mrsr.files.atomic import atomic_path
    from napari_mrsr.files.json_file import write_json
    from napari_mrsr.report.page import write_page

    volumes = (
        ("knee_truth.nii.gz", demo.knee.noiseless, "the sample knee, thin slices without noise, S1 and S2: the truth"),
        ("knee_acquired.nii.gz", demo.acquired, f"with noise and slices {FACTOR} times as thick: what was acquired"),
        ("knee_sr.nii.gz", demo.refined, f"super-resolved echoes, method {demo.method}"),
        ("t2_truth.nii.gz", demo.knee.t2, "true T2, ms"),
        ("t2_acquired.nii.gz", demo.t2_acquired.map, "T2 of the acquired echoes, ms"),
        ("t2_sr.nii.gz", demo.t2_refined.map, "T2 of the super-resolved echoes, ms"),
        ("trust_added.nii.gz", demo.trust.added, "what the method added: not in the acquired data"),
        (
            "trust_z.nii.gz",
            demo.trust.z,
            "where it disagrees with the acquired data, in standard deviations of the noise",
        ),
        ("trust_t2_difference.nii.gz", demo.trust.t2_difference, "T2 of the re-thickened result minus T2 acquired, ms"),
        ("trust_interval.nii.gz", demo.trust.interval, "half-width of the interval that holds 90 % of the values"),
        ("difference.nii.gz", demo.difference, "super-resolved minus true echoes, with the noise of the scan"),
        ("ssim.nii.gz", demo.similarity, "local SSIM of super-resolved against true echoes"),
    )
    for name, scan, what in volumes:
        if scan is not None:
            write_nifti(scan, folder / name)
            yield name, what
    write_labels(demo.knee.labels, folder / "labels.nii.gz")
    yield "labels.nii.gz", "true labels of the tissues"
    content = {"factor": FACTOR, "method": demo.method, "metrics": demo.metrics, "trust": demo.trust.summary}
    write_json(content, folder / "metrics.json")
    yield (
        "metrics.json",
        "PSNR, SSIM, RMSE against the truth (air left out), tricubic beside them, and the trust figures",
    )
    with atomic_path(folder / "stats.csv") as temporary:
        demo.table.to_csv(temporary, index=False)
    yield "stats.csv", f"T2 of the {REGION}: acquired, SR and truth"
    with atomic_path(folder / "report.pdf") as temporary:
        write_page(report_of(demo), temporary)
    yield "report.pdf", "one page: pictures, the cartilage in regions, method, what limits it"
