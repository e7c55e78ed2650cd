"""Which of the pictures on the screen could be T1w, T2w and FLAIR of one brain."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_mrsr.app.layers import has_slider
from napari_mrsr.contrast import Contrast, contrast_of, recognise
from napari_mrsr.mapping.brain_checks import CONTRASTS
from napari_mrsr.scan import Scan
from napari_mrsr.trust.anatomy import anatomy_of

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_mrsr.app.viewing import View

BRAIN = "brain"


@dataclass(frozen=True, eq=False)
class Offered:
    """A picture on the screen, what it is called there, and the contrast that its header and name tell."""

    title: str
    scan: Scan
    contrast: Contrast


#: What was told of a scan, by volume: told once, because pictures are looked at for it. Of a scan of one volume the
#: volume is the scan itself, which must not be kept alive here.
_TOLD: weakref.WeakKeyDictionary[Scan, dict[int, tuple[Scan | None, Contrast]]] = weakref.WeakKeyDictionary()


def on_screen(view: View) -> list[Offered]:
    """Return the acquired volumes that are open in a viewer, in the order of its layers; a series over time is none."""
    found = []
    for layer in view.viewer.layers:
        scan, about = layer.metadata.get("mrsr_scan"), layer.metadata.get("mrsr", {})
        if not isinstance(scan, Scan) or about.get("role") != "acquired" or has_slider(scan):
            continue
        volume, contrast = _told(scan, int(about.get("volume", 0)))
        if not contrast.name and about.get("contrast"):  # a review that leaves out names has lost what told it
            contrast = Contrast(about["contrast"], "told when the review was saved")
        found.append(Offered(layer.name, volume, contrast))
    return found


def _told(scan: Scan, volume: int) -> tuple[Scan, Contrast]:
    known = _TOLD.setdefault(scan, {})
    if volume not in known:
        one = scan if scan.volumes == 1 else scan.volume(volume)
        known[volume] = None if one is scan else one, recognise(one)
    own, contrast = known[volume]
    return scan if own is None else own, contrast


def recognised(found: Sequence[Offered]) -> dict[str, Offered | None]:
    """Return the picture of each contrast: the first that is told to be it, None where there is none."""
    return {name: next((one for one in found if one.contrast.name == name), None) for name in CONTRASTS}


def may_be_brain(scan: Scan | None) -> bool:
    """Tell whether a scan shows a brain, or nothing says what it shows."""
    return scan is not None and anatomy_of(scan) in ("", BRAIN)


def is_for_maps(found: Mapping[str, Offered | None]) -> bool:
    """Tell whether all three contrasts are open, of what may be a brain."""
    return all(one is not None and may_be_brain(one.scan) for one in found.values())


def stays_beside(view: View, scan: Scan) -> bool:
    """Tell whether a scan that arrives is a contrast of the brain that is not on the screen yet."""
    open_scan = view.session.scan
    if open_scan is None or not (may_be_brain(scan) and may_be_brain(open_scan)):
        return False
    name = contrast_of(scan)
    there = [one.contrast.name for one in on_screen(view) if one.scan is not scan]
    return name in CONTRASTS and bool(there) and name not in there and all(one in CONTRASTS for one in there)


def are_apart(one: Scan, other: Scan) -> bool:
    """Tell whether two scans are contrasts of their own, and no echoes of one scan, which would share its TR."""
    names = {contrast_of(one), contrast_of(other)}
    return len(names & set(CONTRASTS)) > 1 and one.acquisition.repetition_time != other.acquisition.repetition_time


def title_for(view: View, scan: Scan, but: Layer | None = None) -> str:
    """Return a layer name for an acquired scan that no other layer has."""
    from napari_mrsr.app import display

    name = contrast_of(scan) or scan.names[0]
    title, n = display.acquired(name), 2
    taken = {layer.name for layer in view.viewer.layers if layer is not but}
    while title in taken:
        title, n = display.acquired(f"{name} {n}"), n + 1
    return title
