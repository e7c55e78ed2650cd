"""What a reader must know of each table: what was compared, in which unit, and what it does not mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from napari_mrsr.studies.brain_maps.measures import SCALE

PEOPLE = (
    "People: does the mean found in a tissue follow the true one from head to head? *Slope*: 1 as for a "
    "measurement, 0 where a network says what it saw in training."
)
SHARPNESS = (
    "Sharpness: 10 to 90 % width of the borders of white with grey matter, mean over heads. Borders are found in the "
    "true map and read from all images at the same voxels, all of a head and direction together (edge spread "
    "function); in brackets the difference from the weighted image, T1w for T1 and T2w for T2. Labels of training are "
    "3.5 mm thick from head to foot. A voxel alone is about 0.8 mm wide."
)
VOXELS = (
    "Voxels, all heads. A voxel without a true value is not judged: T2 of fluid lies beyond what these images "
    "tell, and maps have no number there but a reason. *Without a value*: there is a true one, but the way has "
    "none (out of range, air, or not found by the segmentation); networks are judged where all of them have "
    "one."
)
OTHERS = (
    "Heads that are not among those above, each under its own condition; columns as of the table of tissues. Where T1 "
    "was measured (VFA), B1 was not: an error of it is in the truth and in the images alike, so that the bias tells "
    "nothing, and the correlation much."
)
BIAS = "Bias in white matter, mean over heads; in brackets the change from the same heads: what a follow-up would see."


def lead(name: str, used: int, of: int, heads: int, left_out: Mapping[str, str]) -> str:
    """Return the paragraph under the headline."""
    text = (
        f"{name}: {used} of {of} scans, of {heads} head{'s' * (heads != 1)}. Each is mapped as a user would map "
        "it, the whole head at once, and compared with what is true in sagittal slices, as Qiu et al. did (T1 "
        f"and T2 from T1w, T2w and FLAIR, hybrid loss). T1 and T2 are divided by {SCALE / 1000:g} s for HFEN, "
        "PSNR and SSIM. M0 is not scored: it holds coil and gain and is no proton density. Research use: maps "
        "are estimated, not measured."
    )
    if left_out:
        text += " Not run: " + "; ".join(_once(left_out)) + "."
    return text


def table2(said: str, main: str) -> str:
    """Return the caption of the table that is like the paper's."""
    return (
        f"Mean ± SD over {said} ({main}), as published. *MPE*: mean percentage error. *HFEN*: as published, not "
        "normalised, so that it grows with the matrix. *PSNR*, *SSIM*: of the whole slice, data range 1, what "
        "does not count being 0 in both maps; *in the brain*: over the judged voxels alone, without the air "
        "that flatters. Networks are judged on the same voxels. *Literature* gives the tissues that are found "
        "in the T1w image published values, and knows nothing of the person."
    )


def tests(subjects: int) -> str:
    """Return the caption of the tests."""
    text = (
        "One way against another. *Over slices*: paired t as published, and Wilcoxon, as if all slices were "
        "independent, which those of one head are not; in brackets how many independent ones they are worth "
        f"(Kish). *Over subjects*: means of the heads, 95 % interval by Student's t; with {subjects} no test of "
        f"signs can give a p below {min(1.0, 2 / 2**subjects):.3g}. Not corrected for the number of tests."
    )
    if subjects < 2:
        text += " With one head nothing is said about another: the tests hold for slices of this head."
    return text


def tissues(subjects: int) -> str:
    """Return the caption of the table of tissues."""
    return (
        f"By tissue, mean ± SD over {subjects} head{'s' * (subjects != 1)}. *Bias*: mean of (found - true) / true. "
        "*Correlation within*: of found with true values, of voxels whose neighbours are all of the tissue; a "
        "map that gives a tissue one value has none."
    )


def conditions(main: str) -> str:
    """Return the caption of the table of conditions."""
    return (
        "What training never had: MPE, mean over heads; in brackets the change from the same heads under the "
        f"condition *{main}*. Timings that a header tells to be unlike the training raise a warning when a user "
        "maps; here they are scored all the same."
    )


def _once(left_out: Mapping[str, str]) -> Iterable[str]:
    """Yield what was left out, alike reasons told once."""
    by_reason: dict[str, list[str]] = {}
    for name, why in left_out.items():
        by_reason.setdefault(why, []).append(name)
    for why, names in by_reason.items():
        yield f"{'; '.join(names)} ({why})"
