"""Left or right knee: what the header says, what the picture and the labels say, and whether they agree.

In this order of trust: the header's laterality; words in descriptions ("LT KNEE", "rechts"); the labels, because in a
right knee lateral is towards the patient's right, and so is the fibula; of two knees in one scan the one in which the
labels lie; the shape of the femoral cartilage, because the trochlea is wider on the lateral side (its middle lay 6 to
9 mm lateral of the notch in four segmented knees); last and weakest where the scan lies in the scanner, because a right
knee is usually to the right of its centre. A person confirms it: nothing here is certain, and a file whose header was
flipped says the wrong side.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.roi.cartilage.compartments import notch_border
from napari_mrsr.roi.cartilage.knee_axes import Side, knee_axes
from napari_mrsr.roi.cartilage.naming import Compartment, cartilage_of
from napari_mrsr.roi.cartilage.plates import condyle_circle, femoral_parts
from napari_mrsr.roi.cartilage.two_knees import gap_between_knees
from napari_mrsr.roi.grid import bounding_box, label_array
from napari_mrsr.scan import Scan

#: Nearer than this to the scanner's centre, mm, its position says nothing.
CENTRAL = 20.0
#: With its middle nearer than this to the notch, mm, the trochlea says nothing.
TROCHLEA = 4.0

_WORDS: dict[Side, str] = {
    "left": r"\b(left|lt|links|linkes|gauche|izquierda|sinistr\w*)\b"
    r"|\b(l[ -]?knee|knee[ -]?l|l[ -]?knie|knie[ -]?l)\b",
    "right": r"\b(right|rt|rechts|rechtes|droite?|derecha|destr\w*)\b"
    r"|\b(r[ -]?knee|knee[ -]?r|r[ -]?knie|knie[ -]?r)\b",
}


@dataclass(frozen=True)
class Evidence:
    """One reason for a side: its kind (header, description, anatomy, shape, position) and what it is in words."""

    kind: str
    side: Side
    text: str


@dataclass(frozen=True)
class Laterality:
    """Which knee it seems to be.

    Attributes
    ----------
    evidence
        All reasons, the strongest first.
    gap
        Where the air between two knees lies, mm towards the patient's right; None for one knee.
    """

    evidence: tuple[Evidence, ...]
    gap: float | None = None

    @property
    def side(self) -> Side | None:
        """The side that the strongest reason says; None without a reason."""
        return self.evidence[0].side if self.evidence else None

    @property
    def reason(self) -> str:
        """The strongest reason in words."""
        return self.evidence[0].text if self.evidence else "nothing says which knee it is"

    @property
    def conflict(self) -> str | None:
        """What disagrees, in one line; None where all agree."""
        other = next((e for e in self.evidence if e.side != self.side), None)
        return None if other is None else f"{self.evidence[0].text}, but {other.text}"


def find_laterality(scan: Scan, labels: Scan | None = None, names: Mapping[int, str] | None = None) -> Laterality:
    """Return which knee a scan shows, with reasons.

    Parameters
    ----------
    scan
        Images and their header.
    labels, names
        What is painted and what the labels are, on any grid.

    Examples
    --------
    >>> scan = Scan(np.zeros((8, 8, 8)), np.eye(4)).with_acquisition(series_description="SAG DESS LT KNEE")
    >>> find_laterality(scan).side, find_laterality(scan).reason
    ('left', 'the description says left ("SAG DESS LT KNEE")')
    """
    found: list[Evidence] = []
    told = scan.acquisition
    if told.laterality is not None:
        found.append(Evidence("header", told.laterality, f"the header says {told.laterality}"))
    texts = (told.series_description, told.body_part, told.sequence, *map(str, told.others.values()))
    for text in filter(None, texts):
        side = side_of_text(text)
        if side is not None:
            found.append(Evidence("description", side, f'the description says {side} ("{text}")'))
            break
    if labels is not None:
        found += _from_labels(labels, names or {})
    gap = gap_between_knees(scan)
    place = _place(scan if labels is None else labels)
    if gap is not None and labels is not None and place is not None:
        side = "right" if place > gap else "left"
        found.append(Evidence("anatomy", side, f"of the two knees in the scan the labels lie in the {side} one"))
    elif gap is None and place is not None and abs(place) >= CENTRAL:
        side = "right" if place > 0 else "left"
        text = f"it lies {abs(place):.0f} mm to the patient's {side} of the scanner's centre"
        found.append(Evidence("position", side, text))
    return Laterality(tuple(found), gap)


def side_of_text(text: str) -> Side | None:
    """Return the side that a description names; None where it names none, or both.

    Examples
    --------
    >>> side_of_text("KNEE_L qDESS"), side_of_text("RT KNEE"), side_of_text("left and right"), side_of_text("T2 FLAIR")
    ('left', 'right', None, None)
    """
    plain = text.lower().replace("_", " ")
    said: list[Side] = [side for side, words in _WORDS.items() if re.search(words, plain)]
    return said[0] if len(said) == 1 else None


def side_of_labels(labels: Scan, names: Mapping[int, str]) -> Side | None:
    """Return the side on which the labels of compartments (or of the fibula) say that the knee is."""
    found = [e for e in _from_labels(labels, names) if e.kind == "anatomy"]
    return found[0].side if found else None


def _from_labels(labels: Scan, names: Mapping[int, str]) -> list[Evidence]:
    """Return what the places of the labels say."""
    array = label_array(labels)
    box = bounding_box(array)
    if box is None:
        return []
    known = cartilage_of(names)
    found: list[Evidence] = []
    sides: dict[Compartment, list[int]] = {"medial": [], "lateral": []}
    for label, what in known.items():
        if what.compartment is not None:
            sides[what.compartment].append(label)
    medial, lateral = (_position(labels, array[box], box, chosen) for chosen in sides.values())
    if medial is not None and lateral is not None:
        side: Side = "right" if lateral > medial else "left"
        found.append(Evidence("anatomy", side, f"the lateral labels lie to the patient's {side} of the medial ones"))
    plain = {name.lower(): label for label, name in names.items()}
    fibula, tibia = (_position(labels, array[box], box, [plain[b]] if b in plain else []) for b in ("fibula", "tibia"))
    if fibula is not None and tibia is not None:
        side = "right" if fibula > tibia else "left"
        found.append(Evidence("anatomy", side, f"the fibula lies to the patient's {side} of the tibia"))
    offset = _trochlea(labels, array, [n for n, what in known.items() if what.plate == "femoral"])
    if offset is not None and abs(offset) >= TROCHLEA:
        side = "right" if offset > 0 else "left"
        text = f"the trochlea lies {abs(offset):.0f} mm to the patient's {side} of the notch"
        found.append(Evidence("shape", side, text))
    return found


def _trochlea(labels: Scan, array: npt.NDArray[Any], femoral: list[int]) -> float | None:
    """Return how far the middle of the trochlea lies to the patient's right of the notch, mm; None without a notch."""
    chosen = np.zeros(int(array.max()) + 1, bool)
    chosen[[n for n in femoral if n < len(chosen)]] = True
    inside = chosen[array]
    if not inside.any():
        return None
    axes = knee_axes(labels, inside)
    mask = axes.cut(inside)
    circle, warning = condyle_circle(mask, axes.spacing)
    border = notch_border(mask & (femoral_parts(mask, circle, axes.spacing) != 1), axes.spacing[2])
    if warning is not None or border is None:
        return None
    front = (mask & (femoral_parts(mask, circle, axes.spacing) == 1)).sum(axis=(0, 1))
    middle = float((front * np.arange(front.size)).sum() / max(front.sum(), 1))
    return (middle - border.slice + 0.5) * axes.spacing[2]


def _position(labels: Scan, part: npt.NDArray[Any], box: tuple[slice, ...], chosen: list[int]) -> float | None:
    """Return how far to the patient's right the middle of some labels lies, mm."""
    inside = np.isin(part, chosen) if chosen else np.zeros(part.shape, bool)
    total = inside.sum()
    if not total:
        return None
    index = [
        float((inside.sum(axis=tuple(b for b in range(3) if b != a)) * np.arange(n)).sum() / total) + s.start
        for a, (n, s) in enumerate(zip(part.shape, box, strict=True))
    ]
    return float((labels.affine @ np.array([*index, 1.0]))[0])


def _place(scan: Scan) -> float | None:
    """Return how far to the patient's right the middle of a scan, or of its labels, lies, mm."""
    if scan.axis == "label":
        box = bounding_box(scan.array[0])
        if box is None:
            return None
        index = [(s.start + s.stop - 1) / 2 for s in box]
    else:
        index = [(n - 1) / 2 for n in scan.shape]
    return float((scan.affine @ np.array([*index, 1.0]))[0])
