"""The contrast that people gave a scan in its name: series and protocol descriptions, sequence names, file names.

In this order each is read on its own: a BIDS name by its suffix alone (``sub-01_space-T1w_T2w`` is T2-weighted), any
other text by its words. Words for what is none of the four (maps, diffusion, angiograms, pilots) come first: "T2 map"
is no T2-weighted image. Two contrasts in one text, as of a dual echo "PD + T2", tell nothing, with two exceptions:
FLAIR has T2 beside it in most names, and "T1 FLAIR" is a T1-weighted inversion recovery.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from napari_mrsr.contrast.from_timing import words
from napari_mrsr.scan import Scan

#: BIDS suffixes (Brain Imaging Data Structure 1.10, "Anatomy imaging data") that are one of the four.
SUFFIXES = {"T1w": "T1w", "T2w": "T2w", "FLAIR": "FLAIR", "PDw": "PDw", "inplaneT1": "T1w", "inplaneT2": "T2w"}
#: The uniform image of MP2RAGE in BIDS.
UNIFORM = "UNIT1"

_PLANE = "(?:w?ip |s|ax|axial|sag|cor|tra)?"  # fastMRI writes AXT2, Philips sT1W
_AFTER = r"(?:w|wi|ws|weighted|c|ce|gd|pre|post|se|tse|fse|spc|space|frfse|vibe|tfe|ffe|gre|mp\w*|flair|fs|3d|2d)?"
#: Words of each contrast, in text of small letters with single blanks between words.
WORDS = {
    "T1w": rf"\b{_PLANE}t1{_AFTER}\b(?! ?\*)|mprage|mp rage|\bbravo\b|\b(?:ir )?f?spgr\b|\btfl3d\w*",
    "T2w": rf"\b{_PLANE}t2{_AFTER}\b(?! ?\*)",
    "FLAIR": r"flair|dark ?fl(?:uid)?\b|fluid attenuat\w*|\bspcir\w*",
    "PDw": rf"\b{_PLANE}pd(?:w|wi|fs|tse|fse)?\b|proton ?densit\w*",
}
#: Words of what is none of the four, and what to call it.
OTHERS = {
    "a map": r"map(?:s|ping)?\b|t1rho|\br[12]s?\b|r2star",
    "T2*": r"t2 ?\*|t2 ?star\w*|\bt2sw?\b|\bswi\w*|\bswan\b|\bqsm\b|\bvenobold\b",
    "diffusion": r"\bdwi\w*|\bdti\w*|\bdiff\w*|\badc\b|\btrace\w*|\bep ?b\d+\w*",
    "echo planar": r"\bepi\b|\bep2d\w*|\bepfid\w*|\bbold\b|\bfmri\b|\bsbref\b|\bp?c?asl\b|\bperf(?:usion)?\b|\bdsc\b",
    "an angiogram": r"\btof\w*|\bmra\b|\bmrv\b|\bangio\w*|\bmip\b|\bpca\b",
    "a pilot": r"\blocali[sz]er\w*|\bscout\w*|\bsurvey\b|\b3 ?(?:pl|plane)\b|\bloc\b",
    "a steady state": r"\bq?dess\w*|\bmfast\b|\bciss\w*|\bfiesta\w*|\btrue?fi\w*|\bb?ssfp\b|\bde3d\w*",
    "magnetisation transfer": r"\bmtw?\b|\bmtr\b|\bmtsat\b|\bmtc\b",
    "another inversion": r"\bstir\b|\bdir\b|\bdouble inversion\b",
    "a phase image": r"(?<!\bin )(?<!of )(?<!opp )(?<!opposed )(?<!ial )(?<!ous )\bphase$|\bpha\b|\bb[01]\b",
    "labels": r"\bmask\w*|\bsegm?\w*\b|\blabels?\b|\baseg\b|\baparc\w*|\bribbon\b",
}
_TYPES = {"P": "a phase image", "PHASE": "a phase image", "R": "a real part", "REAL": "a real part",
          "I": "an imaginary part", "ADC": "diffusion", "FA": "diffusion", "DIFFUSION": "diffusion"}  # fmt: skip
#: DICOM AcquisitionContrast (0008,9209) of enhanced files. Its T1 is not believed: Philips writes it for any gradient
#: echo, field maps among them.
STATED = {"T2": "T2w", "PROTON_DENSITY": "PDw", "FLUID_ATTENUATED": "FLAIR"}


@dataclass(frozen=True)
class Named:
    """What the names say.

    Parameters
    ----------
    name
        The contrast, or nothing.
    why
        Which name says so.
    other
        Whether it is surely none of the four.
    mp2rage
        ``"uniform"`` for the uniform image of MP2RAGE, ``"unsaid"`` for one of its images, which is not said.
    """

    name: str = ""
    why: str = ""
    other: bool = False
    mp2rage: str = ""


def look(scan: Scan) -> Named:
    """Return the contrast that the names of a scan give it.

    Names that contradict each other give none.
    """
    kinds = words(scan.acquisition.others.get("ImageType"))
    for kind, what in _TYPES.items():
        if kind in kinds:
            return Named(why=f"the header calls it {what}", other=True)
    found = [_of_text(where, text) for where, text in texts(scan)]
    other = next((one for one in found if one.other), None)
    if other is not None:
        return other
    of_mp2rage = sorted((one for one in found if one.mp2rage), key=lambda one: one.mp2rage != "uniform")
    if of_mp2rage and "UNI" in kinds:
        return Named("T1w", "the header calls it the uniform image of MP2RAGE", mp2rage="uniform")
    if of_mp2rage:
        return of_mp2rage[0]
    contrasts = {one.name for one in found if one.name}
    if contrasts == {"T2w", "FLAIR"}:
        contrasts = {"FLAIR"}
    if len(contrasts) > 1:
        return Named(why=" but ".join(dict.fromkeys(one.why for one in found if one.name)))
    return next((one for one in found if one.name in contrasts), Named())


def texts(scan: Scan) -> Iterator[tuple[str, str]]:
    """Yield the texts that may name a scan, and what each is."""
    told = scan.acquisition
    others = told.others
    yield "the series", told.series_description or ""
    yield "the protocol", str(others.get("ProtocolName") or "")
    yield "the sequence", told.sequence or ""
    yield "the sequence", str(others.get("SequenceName") or "")
    stated = str(others.get("AcquisitionContrast") or "").upper()
    if stated in STATED:
        yield "the header", STATED[stated]
    for source in scan.sources:
        yield (
            "the file",
            re.sub(r"(?:\.nii|\.nrrd|\.mha|\.mgz|\.mgh|\.hdr|\.dcm)?(?:\.gz)?$", "", file_name(source.path)),
        )


def file_name(path: str) -> str:
    r"""Return the last part of a path of any system.

    Examples
    --------
    >>> file_name("C:\\scans\\T1.nii"), file_name("/scans/T2.nii.gz")
    ('T1.nii', 'T2.nii.gz')
    """
    return PurePath(path.replace("\\", "/")).name


def _of_text(where: str, text: str) -> Named:
    """Return what one text says."""
    if re.match(r"sub-[A-Za-z0-9]+_", text):
        return _of_bids(text)
    plain = _plain(text)
    if "mp2rage" in plain or "unit1" in plain:
        if re.search(r"\buni\w*", plain):
            return Named("T1w", f'{where} is called "{text}"', mp2rage="uniform")
        if re.search(r"\binv ?[12]|\bt1 (?:im\w*|map)", plain):
            return Named(why=f'{where} is called "{text}", of MP2RAGE not the uniform image', other=True)
        return Named(why=f'{where} is called "{text}", not which image of MP2RAGE it is', mp2rage="unsaid")
    for what, pattern in OTHERS.items():
        if re.search(pattern, plain):
            return Named(why=f'{where} is called "{text}", {what}', other=True)
    found = {name for name, pattern in WORDS.items() if re.search(pattern, plain)}
    if "FLAIR" in found and len(found) == 2 and found & {"T1w", "T2w"}:
        found = {"T1w"} if "T1w" in found else {"FLAIR"}
    return Named(found.pop(), f'{where} is called "{text}"') if len(found) == 1 else Named()


def _of_bids(text: str) -> Named:
    suffix = text.rsplit("_", 1)[-1]
    if suffix == UNIFORM:
        return Named("T1w", f"its BIDS suffix is {suffix}", mp2rage="uniform")
    if suffix in SUFFIXES:
        return Named(SUFFIXES[suffix], f"its BIDS suffix is {suffix}")
    return Named(why=f"its BIDS suffix is {suffix}", other=True)


def _plain(text: str) -> str:
    """Return text in small letters with single blanks; the line through the commissures is no phase contrast."""
    return re.sub(r"\bac pc\b", "", re.sub(r"[^a-z0-9*]+", " ", text.lower())).strip()
