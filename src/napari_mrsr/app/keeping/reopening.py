"""Putting a saved review back: scans first, then what was computed, then how it was looked at.

What a session makes is given back through the session's own signals, as if it had just been computed, so every dock
and every layer comes to be in the one way there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.app import layers
from napari_mrsr.app.compare.comparing import Comparison
from napari_mrsr.app.events import Result, T2Settings
from napari_mrsr.app.keeping import view_state
from napari_mrsr.app.keeping.review_content import MADE_AGAIN
from napari_mrsr.app.memory_order import for_the_screen
from napari_mrsr.app.planes import layer_states
from napari_mrsr.app.tissue import TissueT1
from napari_mrsr.errors import ScanChanged, UnreadableFile
from napari_mrsr.files import scan_identity
from napari_mrsr.files.review_folder import Review, Steps, read_review
from napari_mrsr.files.without_names import renamed, volume_aliases
from napari_mrsr.scan import Scan, Source

if TYPE_CHECKING:
    from napari_mrsr.app.viewing import View


@dataclass(frozen=True)
class Reopened:
    """A review with the scans that it is about."""

    review: Review
    scans: Mapping[str, Scan]
    truth: Any = None
    notes: tuple[str, ...] = ()


def reopen(folder: Path, *, places: Sequence[Path] = (), accept_changes: bool = False) -> Steps[Reopened]:
    """Read a review and its scans; nothing on the screen changes.

    Parameters
    ----------
    folder
        The saved review.
    places
        Where a person says that the scans lie now.
    accept_changes
        Go on although a scan has changed.

    Raises
    ------
    ScanMissing, ScanChanged
        A scan is not where it was, or not what it was.
    MrsrError
        What reading raises.
    """
    review = yield from read_review(folder)
    scans: dict[str, Scan] = {}
    truth = None
    for key, record in review.record.get("scans", {}).items():
        if record is None:
            continue
        yield 0.9, f"reading the {key}"
        if record["kind"] == "sample":
            scans[key], truth = _sample(record, accept_changes)
        elif record["kind"] == "copy":
            if not accept_changes and any(
                review.record["volumes"][record["volume"]]["file"] in n for n in review.notes
            ):
                raise ScanChanged(
                    f"the copy of the {key} was changed since the review was saved",
                    where=folder,
                    remedy='take it from a backup, or press "Open anyway"',
                )
            scans[key] = review.volumes[record["volume"]]
        else:
            paths = scan_identity.find(record, places)
            scans[key] = scan_identity.read_again(record, paths, accept_changes=accept_changes)
    if "scan" not in scans:
        raise UnreadableFile("holds no scan", where=folder, remedy="save it again")
    review = _with_names(review, scans["scan"])
    yield 0.95, "arranging"
    scans = {key: scan if truth is not None else for_the_screen(scan) for key, scan in scans.items()}
    volumes = {key: for_the_screen(scan) for key, scan in review.volumes.items()}
    return Reopened(replace(review, volumes=volumes), scans, truth, review.notes)


def _with_names(review: Review, scan: Scan) -> Review:
    """Put back what the folder itself may not say: the description of the series, and names taken from its files."""
    if not review.record.get("deidentified"):
        return review
    names = {alias: name for name, alias in volume_aliases(scan).items()}
    told: dict[str, Any] = {
        "series_description": scan.acquisition.series_description,
        "sequence": scan.acquisition.sequence,
    }
    volumes = {
        key: replace(
            one,
            names=tuple(renamed(list(one.names), names)),
            acquisition=replace(one.acquisition, **told),
        )
        for key, one in review.volumes.items()
    }
    return replace(review, record=renamed(dict(review.record), names), volumes=volumes)


def _sample(record: Mapping[str, Any], accept_changes: bool) -> tuple[Scan, Any]:
    from napari_mrsr.phantoms import sample_knee

    sample = sample_knee()
    scan = sample.truth.noiseless if record.get("part") == "noiseless" else sample.scan
    if scan_identity.voxels_sha256(scan) != record.get("voxels") and not accept_changes:
        raise ScanChanged(
            "the sample knee of this version is not the one that was saved", remedy='press "Open anyway" to go on'
        )
    return scan, sample.truth


def restore(view: View, found: Reopened) -> None:
    """Show a review in a viewer, in the place of what was open."""
    session, record, volumes = view.session, found.review.record, found.review.volumes

    def scan_at(key: str | None) -> Scan | None:
        if key is None:
            return None
        return found.scans[key] if key in found.scans else _placed(volumes[key], found.scans)

    session.adopt(found.scans["scan"], found.truth)
    reference = found.scans.get("reference")
    if reference is not None and session.reference is not reference:
        session.reference = reference
        session.reference_changed.emit(reference)
    saved = record.get("session", {})
    session.t2 = _t2(saved.get("t2", {}), scan_at)
    results = saved.get("results", {})
    for key in [*(k for k in results if k != saved.get("current")), *(k for k in results if k == saved.get("current"))]:
        _give_result(view, key, results[key], scan_at)
    view.dynamic.give_back(saved.get("dynamic", []), scan_at)  # absent in reviews of earlier versions
    view.in_plane.give_back(saved.get("in_plane", {}), scan_at)  # as above
    view.brain_maps.give_back(saved.get("brain_maps", {}), scan_at)  # as above
    _give_maps(view, saved, scan_at)
    view_state.choose_pair(view, record.get("view", {}))
    _give_layers(view, record.get("layers", []), scan_at)
    view.brain_maps.link_windows()
    _see_something(view)


def _t2(entry: Mapping[str, Any], scan_at: Callable[[str | None], Scan | None]) -> T2Settings:
    known = {k: v for k, v in entry.items() if k in T2Settings.__dataclass_fields__ and k != "tissue"}
    tissue = entry.get("tissue") or {}
    labels = scan_at(tissue.get("labels"))
    if labels is None:
        return T2Settings(**known)
    t1, names = ({int(label): value for label, value in tissue[key].items()} for key in ("t1", "names"))
    return T2Settings(**known, tissue=TissueT1(labels, t1, names))


def _placed(scan: Scan, scans: Mapping[str, Scan]) -> Scan:
    """Say again where a volume comes from, which the folder itself may not say."""
    places = {source.sha256: source for one in scans.values() for source in one.sources}
    sources: tuple[Source, ...] = tuple(places.get(source.sha256, source) for source in scan.sources)
    return replace(scan, sources=sources)


def _give_result(view: View, key: str, entry: Mapping[str, Any], scan_at: Any) -> None:
    session = view.session
    reached = scan_at(entry.get("reached"))
    result = Result(
        scan_at(entry["scan"]),
        scan_at(entry["source"]),
        entry["method"],
        entry["factor"],
        entry["axis"],
        reason=entry.get("reason", ""),
        reference=scan_at(entry.get("reference")),
        retrospective=entry.get("retrospective", False),
        done=entry.get("done", 1.0),
        seconds=entry.get("seconds", 0.0),
        reached=None if reached is None else reached.array[0].astype(bool),
    )
    session.result, session.results[key] = result, result
    session.maps, session.comparison, session.trust = {}, None, None
    session.began.emit(result)
    result.partial = entry.get("partial", False)
    session.refined.emit(result)


def _give_maps(view: View, saved: Mapping[str, Any], scan_at: Any) -> None:
    from napari_mrsr.mapping import T2Map

    session = view.session
    for role, entry in saved.get("maps", {}).items():
        sigma = scan_at(entry.get("sigma"))  # absent in reviews of earlier versions
        session.maps[role] = T2Map(scan_at(entry["map"]), scan_at(entry["reason"]), sigma)
        session.mapped.emit(role, session.maps[role])
    for key, entry in saved.get("method_maps", {}).items():
        view.method_maps.give_back(key, scan_at(entry["map"]), _t2(entry["t2"], scan_at))
    if saved.get("comparison"):
        c = saved["comparison"]
        session.comparison = Comparison(
            scan_at(c["reference"]), scan_at(c["difference"]), scan_at(c["ssim"]), c["figures"]
        )
        session.compared.emit(session.comparison)
    if saved.get("trust"):
        from napari_mrsr.superres import Trust

        t = saved["trust"]
        session.trust = Trust(
            added=scan_at(t["added"]),
            z=scan_at(t["z"]),
            t2_difference=scan_at(t["t2_difference"]),
            summary=t["summary"],
            interval=scan_at(t.get("interval")),  # absent in reviews of earlier versions
        )
        session.trusted.emit(session.trust)


# -- layers --------------------------------------------------------------------------------------------
def _give_layers(view: View, entries: Sequence[Mapping[str, Any]], scan_at: Any) -> None:
    for entry in entries:
        layer = view.layer(entry["name"])
        if layer is None or entry.get("role") not in MADE_AGAIN:
            layer = _make(view, entry, scan_at) or layer
        if layer is not None:
            layer_states.apply_state(layer, entry["state"])
    wanted = [layer for layer in (view.layer(entry["name"]) for entry in entries) if layer is not None]
    stack = view.viewer.layers
    for place, layer in enumerate(wanted):
        if stack.index(layer) != place:
            stack.move(stack.index(layer), place)


def _see_something(view: View) -> None:
    """Show the pair where no picture is seen: a swipe or a letter, which is not kept, had stood in its place."""
    pictures = [layer for layer in view.viewer.layers if type(layer).__name__ == "Image"]
    if any(layer.visible for layer in pictures):
        return
    pair = view.look.pair
    if pair is not None:
        view.look.show_pair(pair, other=True)
    elif pictures:
        pictures[0].visible = True


def _make(view: View, entry: Mapping[str, Any], scan_at: Any) -> Any:
    """Make a layer that no session makes; None where its data were not saved."""
    scan = scan_at(entry.get("volume"))
    if scan is not None:
        return put_layer(view, scan, entry["name"], entry["kind"], entry.get("about", {}))
    if entry.get("data") is not None:
        settings = {"name": entry["name"], **entry.get("drawn", {})}
        if entry.get("about"):
            settings["metadata"] = {"mrsr": dict(entry["about"])}
        data = [np.asarray(part, dtype=float) for part in entry["data"]]
        add = getattr(view.viewer, f"add_{entry['kind']}")
        view.remove([entry["name"]])
        if not data:
            return add(ndim=settings["ndim"], name=entry["name"], metadata=settings.get("metadata"))
        with suppress(ValueError, TypeError):
            return add(data if entry["kind"] == "shapes" else np.asarray(data), **settings)
    return None


def put_layer(view: View, scan: Scan, name: str, kind: str, about: Mapping[str, Any]) -> Any:
    """Add an image or labels layer of a scan, where the scan lies, with what was noted about it."""
    frame = view.frame_for(scan)
    if kind == "labels":
        data = layers.labels_layer(scan, name, frame=frame)
    else:
        data = layers.map_layer(
            scan, name, role=about.get("role", "image"), colormap="gray", limits=(0.0, 1.0), frame=frame
        )
    kept = {k: v for k, v in about.items() if k not in ("created",)}
    data[1]["metadata"]["mrsr"] |= kept
    return view.put(data)
