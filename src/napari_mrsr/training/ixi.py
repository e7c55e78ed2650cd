"""The names of the IXI data set, which paper 2 learned from, and its split.

::

    IXI-T2/
        IXI002-Guys-0828-T2.nii.gz
        IXI012-HH-1211-T2.nii.gz
        ...

The number names the subject, the last word the contrast. Axial slices of 256 x 256 voxels were used as they are: 8000
of 8955 taught. Here no subject is on both sides: subjects are held out, the last by number first, until they have that
share of the slices.

Source
------
IXI data set, https://brain-development.org/ixi-dataset; Lyu et al., Super-resolution MRI through deep learning, II.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

#: Share of the slices that judges (paper 2, section II.1).
HELD_OUT = 955 / 8955
_NAME = re.compile(r"(IXI\d{3,})-[A-Za-z]+-\d+-([A-Z0-9]+)")


def subject_of(file: Path) -> str | None:
    """Return whom a file of the data set shows; None for any other file.

    Examples
    --------
    >>> subject_of(Path("IXI-T2/IXI002-Guys-0828-T2.nii.gz")), subject_of(Path("brain.nii.gz"))
    ('IXI002', None)
    """
    found = _NAME.match(file.name)
    return found[1] if found else None


def held_out(slices: Mapping[str, int], share: float = HELD_OUT) -> set[str]:
    """Return the subjects to hold out: from the last on, until they have that share of all slices.

    Parameters
    ----------
    slices
        Number of slices of each subject.
    share
        Of the slices. At least one subject teaches.

    Examples
    --------
    >>> sorted(held_out({"IXI002": 130, "IXI012": 130, "IXI013": 130}, share=0.4))
    ['IXI012', 'IXI013']
    """
    wanted, chosen = share * sum(slices.values()), set[str]()
    for subject in sorted(slices, reverse=True)[: len(slices) - 1]:
        if sum(slices[one] for one in chosen) >= wanted:
            break
        chosen.add(subject)
    return chosen
