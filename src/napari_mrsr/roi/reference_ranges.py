"""T2 of knee tissue at 3 T as published, to stand beside what was measured.

T2 depends on how it is measured: in the cartilage of the same ten volunteers Pai and others found between 27 and 45 ms,
by the sequence. A published value is a landmark, not a norm: it tells a slip of units or of echoes, not disease. The
values are those in the abstracts of the papers.
"""

from __future__ import annotations

from dataclasses import dataclass

#: What must be said wherever a published value is shown.
CAVEAT = "T2 differs between sequences, vendors and ages: a landmark, not a limit of normal"


@dataclass(frozen=True)
class Published:
    """A published T2.

    Attributes
    ----------
    tissue
        What was measured.
    mean, sd
        ms; the SD as the abstract gives it, over subjects and, where the sequence is "mean of several", over those.
    subjects
        Who was measured.
    sequence
        How.
    citation, doi
        Where it stands.
    """

    tissue: str
    mean: float
    sd: float
    subjects: str
    sequence: str
    citation: str
    doi: str

    def __str__(self) -> str:
        return f"{self.mean:.1f} ± {self.sd:.1f}"

    @property
    def line(self) -> str:
        """Value and source in one line."""
        return f"{self.tissue} {self} ms, {self.sequence}, {self.subjects}: {self.citation}, doi:{self.doi}"


PAI = ("Pai and others, Magn Reson Imaging 2008;26:1215", "10.1016/j.mri.2008.02.017")
RAUSCHER = ("Rauscher and others, Radiology 2008;249:591", "10.1148/radiol.2492071870")

#: Words of a region's name, all of which must occur, and what is published of such a region; the first is shown.
PUBLISHED: tuple[tuple[str, tuple[Published, ...]], ...] = (
    (
        "cartilage",
        (
            Published("cartilage", 36.38, 5.76, "10 volunteers, 3 T", "mean of several sequences", *PAI),
            Published("cartilage", 27.52, 3.10, "10 volunteers, 3 T", "single spin echo", *PAI),
        ),
    ),
    (
        "meniscus",
        (
            Published("meniscus", 11.4, 3.9, "23 healthy, 3 T", "T2 map", *RAUSCHER),
            Published("meniscus", 13.5, 4.7, "27 with mild osteoarthritis, 3 T", "T2 map", *RAUSCHER),
            Published("meniscus", 16.6, 8.2, "10 with severe osteoarthritis, 3 T", "T2 map", *RAUSCHER),
        ),
    ),
    ("muscle", (Published("muscle", 34.08, 6.55, "10 volunteers, 3 T", "mean of several sequences", *PAI),)),
)


def published(region: str) -> tuple[Published, ...]:
    """Return what is published of a region by its name, the closest to it first; empty where nothing is known.

    Examples
    --------
    >>> [str(found) for found in published("medial femoral cartilage")]
    ['36.4 ± 5.8', '27.5 ± 3.1']
    >>> published("anterior cruciate ligament")
    ()
    """
    name = region.lower()
    return next((found for word, found in PUBLISHED if word in name), ())
