"""Which part of the body a scan shows, in the words of the cards: what the header says, else what names suggest.

The body part of the header comes first (DICOM BodyPartExamined, BIDS BodyPart). Many headers leave it empty and NIfTI
has no place for it, so the description of the series and the sequence are looked at next, then the name of the file and
the folders around it. A word counts where it stands alone (``brain_t2``, ``T1_HEAD_sag``), and only the nearest
text that says anything is believed: a knee in the folder of a brain centre is a knee. Two parts in one text say
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from napari_mrsr.scan import Scan

#: Words of headers (DICOM BodyPartExamined, BIDS BodyPart) for anatomies of cards.
SYNONYMS: Mapping[str, str] = {
    "head": "brain", "skull": "brain", "cerebrum": "brain", "neuro": "brain", "patella": "knee",
    "liver": "abdomen", "kidney": "abdomen", "pancreas": "abdomen",
}  # fmt: skip
#: Words of headers that say too little to doubt anything.
VAGUE = ("extremity", "leg", "lower", "lowerlimb", "phantom", "unknown", "other", "wholebody", "")
#: Words of descriptions and file names, beside those above; sequences that are made of brains alone are among them.
WORDS: Mapping[str, str] = {
    **SYNONYMS, "brain": "brain", "cerebral": "brain", "cranial": "brain", "cranium": "brain",
    "mprage": "brain", "mp2rage": "brain", "flair": "brain", "ixi": "brain",
    "knee": "knee", "abdomen": "abdomen", "abdominal": "abdomen", "renal": "abdomen",
}  # fmt: skip
#: How many folders around a file are looked at.
FOLDERS = 3


def anatomy_of(scan: Scan) -> str:
    """Return what a scan shows, in the words of the cards; empty where nothing says it.

    Examples
    --------
    >>> import numpy as np
    >>> from napari_mrsr.scan import Acquisition, Source
    >>> seen = Scan(np.zeros((4, 4, 4)), np.eye(4), sources=(Source("study/brain/t2w_2d.nii.gz"),))
    >>> anatomy_of(seen)
    'brain'
    """
    told = "".join(c for c in (scan.acquisition.body_part or "").lower() if c.isalpha())
    told = told.removeprefix("left").removeprefix("right")
    if told not in VAGUE:
        return SYNONYMS.get(told, told)
    return next((found for found in map(_named, _texts(scan)) if found), "")


def _texts(scan: Scan) -> Iterator[str]:
    """Yield what else may say it, the nearest to the scan first."""
    yield scan.acquisition.series_description or ""
    yield scan.acquisition.sequence or ""
    if scan.sources:
        path = PurePath(scan.sources[0].path)
        yield path.name
        yield from (folder.name for folder in list(path.parents)[:FOLDERS])


def _named(text: str) -> str:
    words = [word.rstrip("0123456789") for word in re.split(r"[^a-z0-9]+", text.lower())]  # IXI012 is of IXI
    found = {WORDS[word] for word in words if word in WORDS}
    return found.pop() if len(found) == 1 else ""
