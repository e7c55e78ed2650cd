"""What the model cards in weights/ say of each network, where its data come from, and what nobody should expect of it."""

from __future__ import annotations

from typing import Any

ABOUT: dict[str, dict[str, Any]] = {
    "lean": {
        "summary": "default for thick slices: convolutions on the acquired grid, any number of echoes",
        "factors": [2, 3, 4],
        "echoes": None,
        "text": "A residual trunk on the thick slices, one-axis pixel shuffle, added to cubic interpolation "
        "(`src/napari_mrsr/networks/lean.py`). One set of weights for any number of echoes or contrasts.",
    },
    "mrsr": {
        "summary": "as published (Chaudhari 2018), but hardly trained: as good as cubic interpolation, not better",
        "factors": [2],
        "echoes": 2,
        "text": "The published network (`src/napari_mrsr/networks/mrsr.py`), trained far shorter than published; "
        "see the steps below. As shipped it does no better than the cubic convolution that it starts from; it is here so that "
        "the comparison can be run, never as the default.",
    },
    "aplus": {
        "summary": "anchored regression (A+, Timofte 2014) in reformat planes: quick, without a network",
        "kind": "dictionary",
        "profiles": "the 48th-order FIR alone",
        "factors": [2],
        "echoes": None,
        "text": "A dictionary of patch features and a ridge regression for each of its atoms, applied in both families of "
        "planes through the slice axis and added to cubic interpolation "
        "(`src/napari_mrsr/interpolation/dictionaries/anchored.py`). Numpy alone; any number of echoes.",
        "how": "settings chosen among four by their gain on phantom seed 1 and on parts of the brain and knee that are "
        "scored below, which makes these rows slightly favourable",
    },
    "scsr": {
        "summary": "sparse coding (ScSR, Yang 2010) in reformat planes: the published comparison, slow",
        "kind": "dictionary",
        "profiles": "the 48th-order FIR alone",
        "factors": [2],
        "echoes": None,
        "text": "Two dictionaries that share sparse codes: for every 5 x 5 patch a lasso finds atoms that explain the "
        "derivatives of the interpolated plane, their partners are what is added, and back-projection holds the result to "
        "the thick slices (`src/napari_mrsr/interpolation/dictionaries/sparse_coding.py` says what is kept of the "
        "publication). The comparison of paper 1, not a method to prefer: `aplus` gains more in a small part of the "
        "time. Numpy and scipy alone; any number of echoes.",
        "how": "published settings, none chosen by what is scored below; learning ended where scikit-learn's tolerance was "
        "reached, before the eighth pass; scored on blocks by benchmarks/slab_quality.py",
    },
}
#: Networks in plane: what differs from those of slices.
IN_PLANE = {
    "axes": ["in-plane"],
    "anatomy": ["abdomen"],
    "factors": [1],
    "echoes": None,
    "phantoms": "volumes of abdominal phantoms of this package, in and opposed phase",
    "held": "",
}
ABOUT |= {
    "swift": IN_PLANE
    | {
        "summary": "default in plane: a small residual U-Net on the zero-filled picture, a frame in seconds on a CPU",
        "text": "A residual U-Net of two levels behind a pixel unshuffle (`src/napari_mrsr/networks/swift.py`), for pictures of "
        "which the central 25, 10 or 6.25 % of k-space was acquired. It is meant to be fine-tuned on the subject's own "
        "planning scan (`napari-mrsr finetune`). Figures on moving phantoms and real abdomens: docs/results/abdomen.md.",
    },
    "unet": IN_PLANE
    | {
        "summary": "as published (Sarasaen 2021), but hardly trained: close to trilinear interpolation",
        "text": "The published network (`src/napari_mrsr/networks/unet.py`) with perceptual loss on our own feature network, "
        "trained far shorter than published; see the steps below. It is here so that the comparison can be run.",
    },
}
_BRAIN = IN_PLANE | {"anatomy": ["brain"], "contrasts": ["T1w", "FLAIR", "PDw"]}
_ADVERSARIAL = (
    " Trained against a critic, it draws edges where pictures as they are have edges: sharper to look at, and now and then "
    "something that is not there. Look at its twin, {twin}, beside it."
)
ABOUT |= {
    "cpce-l1": _BRAIN
    | {
        "summary": "brain, in plane: the generator of GAN-CPCE trained with L1 alone; sharpens least, invents least",
        "text": "The generator of GAN-CPCE (`src/napari_mrsr/networks/cpce.py`), slice by slice, for pictures of which the "
        "central 25 % of k-space was acquired; trained with L1 alone, as the twin to compare the adversarial one with. "
        "Figures: docs/results/brain_sr.md.",
    },
    "circle-l1": _BRAIN
    | {
        "summary": "brain, in plane: the generator of GAN-CIRCLE trained with L1 alone; invents least",
        "text": "The generator of GAN-CIRCLE (`src/napari_mrsr/networks/circle.py`), slice by slice, for pictures of which the "
        "central 25 % of k-space was acquired; trained with L1 alone, as the twin to compare the adversarial one with. "
        "Figures: docs/results/brain_sr.md.",
    },
    "cpce": _BRAIN
    | {
        "summary": "brain, in plane: GAN-CPCE (Lyu 2018), trained against a critic; may draw edges that are not there",
        "twin": "cpce-l1",
        "text": "GAN-CPCE (`src/napari_mrsr/networks/cpce.py`): one generator against one critic, and a perceptual term through "
        "our own MR feature network." + _ADVERSARIAL.format(twin="`cpce-l1`") + " Figures: docs/results/brain_sr.md.",
    },
    "circle": _BRAIN
    | {
        "summary": "brain, in plane: GAN-CIRCLE (Lyu 2018), trained against two critics; may draw edges that are not there",
        "twin": "circle-l1",
        "text": "GAN-CIRCLE (`src/napari_mrsr/networks/circle.py`): two generators, there and back, each against a critic of its "
        "own, with cycle, identity, sparsifying and supervised terms."
        + _ADVERSARIAL.format(twin="`circle-l1`")
        + " Figures: docs/results/brain_sr.md.",
    },
}
_MAPPER = (
    "A two-dimensional U-Net (`src/napari_mrsr/networks/mapper.py`) that tells T1, T2 and M0 from T1w, T2w and FLAIR, slice by "
    "slice, taught by maps of 3.5 mm."
)
#: Networks that map: ``benchmarks/ship_maps.py``.
MAPPERS: dict[str, dict[str, str]] = {
    "brain-maps": {
        "summary": "T1, T2 and M0 of the brain: hybrid loss, maps compared with labels as thick as these were",
        "text": _MAPPER
        + " Besides, the T1w and T2w images that its maps explain must have the edges of those acquired, as in "
        "paper 4; and, which the paper does not do, maps are averaged over 3.5 mm before they are compared with labels of 3.5 mm "
        "(`src/napari_mrsr/training/label_slabs.py`).",
    },
    "brain-maps-published": {
        "summary": "T1, T2 and M0 of the brain: the hybrid loss of paper 4 as published, for comparison",
        "text": _MAPPER
        + " Besides, the T1w and T2w images that its maps explain must have the edges of those acquired: the hybrid "
        "loss of paper 4, maps compared with interpolated labels as they are.",
    },
    "brain-maps-supervised": {
        "summary": "T1, T2 and M0 of the brain: labels alone, as paper 4 compares with; blurred along the axis of the labels",
        "text": _MAPPER + " Labels alone, interpolated, as the comparison of paper 4.",
    },
}
MAP_LIMITS = """\
- Maps are estimated by what a network has seen of others: derived, not measured. Research use only.
- Every head that taught was simulated: phantoms, and drawn values on one real anatomy. Motion, flow, fat suppression, fields that
  differ from scan to scan, magnetisation transfer and iron beyond what its tissues hold were not part of it.
- Timings and field strength other than those above change T1 and T2 without a warning from the network itself; `napari-mrsr maps`
  compares headers and says so.
- M0 is relative and holds the receiving coils' sensitivity: no proton density. T2 of fluid is not determined by these images.
- Disease: simulated plaques, infarcts, tumours and oedema in some heads; nothing else.
"""
#: Where the scans come from, and on what terms, by file or folder name.
ORIGINS = {
    "t1w_0p7mm.nii.gz": "brain T1w 0.7 mm, studyforrest, PDDL (public domain)",
    "flair_1mm.nii.gz": "brain FLAIR 1 mm, neurolabusc/py_synthsr, Apache-2.0",
    "t2w_1mm_stripped.nii.gz": "brain T2w 1 mm, niivue-demo-images, BSD-2-Clause",
    "flair_2d_5p5mm.nii.gz": "brain 2-D FLAIR, in plane, fepegar/torchio-data, MIT",
    "T1w.nii.gz": "brain FLASH, flip angle 20 degrees, 1.5 mm, qMRLab, MIT",
    "PDw.nii.gz": "brain FLASH, flip angle 6 degrees, 1.5 mm, qMRLab, MIT",
    "MTw.nii.gz": "brain FLASH with magnetisation transfer, 1.5 mm, qMRLab, MIT",
    "mr_3mm.nii.gz": "abdomen 3 mm, TotalSegmentator, Apache-2.0",
    "mese_t2": "knee multi-echo spin echo, in plane, gattia/pymskt, MIT",
}
AXES = ["slice"]
ANATOMY = ["knee", "brain"]
LICENCE = "BSD-3-Clause"
#: Slice profiles of the training, where a method does not say its own.
PROFILES = "48th-order FIR, box with and without a gap, and Gaussian profiles"
LIMITS = """\
- Thin slices are estimated, not measured. Small or unusual structures may be missing, blurred or invented; look at the
  trust maps and at the acquired slices. Research use only.
- Trained on slices made thick in simulation ({profiles}). A scanner's real slice profile,
  gaps between slices, and motion between echoes were not part of it.
- No dual-echo DESS scan with thin slices was at hand: knees are simulated (phantoms), the real scans are brains and one
  multi-echo spin-echo knee. Real dual-echo DESS serves validation only.
- Other anatomies, contrasts and factors than those listed: no statement.
"""
BRAIN_LIMITS = """\
- What lies beyond the acquired k-space is estimated, not measured. Small or unusual structures may be missing, blurred or
  invented. Research use only.
- Trained on magnitude images whose outer k-space was cut off in simulation, 25 % kept: another share, partial Fourier,
  parallel imaging and the noise of a truly short scan were not part of it.
- Few subjects taught, healthy ones: a T1w, a FLAIR and three FLASH volumes, each also in an inverted contrast. No T2w scan taught.
- Slices are sharpened one by one: neighbours may differ more than they do in truth.
"""
PLANE_LIMITS = """\
- What lies beyond the acquired k-space is estimated, not measured. Small or unusual structures may be missing, blurred or
  invented; a needle was never seen in training. Research use only.
- Trained on pictures whose outer k-space was cut off in simulation, from magnitude images: a scanner's partial Fourier,
  parallel imaging, coil combination and noise at low resolution were not part of it.
- The abdomens that taught are phantoms; real scans are brains and one abdomen of 3 mm.
- Other anatomies, contrasts and shares of k-space than those listed: no statement.
"""
