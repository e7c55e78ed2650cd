"""What of a viewer goes into a saved review.

Everything that was computed goes in as it is, so that reopening computes nothing. A scan is written once however many
things refer to it: by its key (``"scan"``, ``"reference"``, ``"volumes/..."``). Layers that a session makes again from
its results (echoes, maps, trust) are saved by how they are looked at alone; painted and other layers with their data.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mrsr.app import layers
from napari_mrsr.app.events import Result, T2Settings
from napari_mrsr.app.keeping import view_state
from napari_mrsr.app.planes import layer_states
from napari_mrsr.app.roi import all_regions, regions
from napari_mrsr.app.roi.roi_placement import placed_labels
from napari_mrsr.app.tissue import as_plain
from napari_mrsr.errors import MrsrError
from napari_mrsr.files import scan_identity
from napari_mrsr.files.origin import plain
from napari_mrsr.files.review_folder import STATISTICS, Content
from napari_mrsr.files.without_names import aliases_of, cleaned, renamed, volume_aliases
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_mrsr.app.viewing import View

#: Roles of layers that a session makes again from its results.
MADE_AGAIN = (
    "acquired", "thick", "undersampled", "reference", "sr", "t2", "t2_sigma", "reason", "difference", "ssim", "trust",
    "brain_map", "brain_reason", "brain_uncertainty", "synthesised", "synthesis_difference", "registered",
)  # fmt: skip

#: Roles of layers that a tool in use puts up: no results, and after reopening nothing would take them away again.
PASSING = ("swipe", "blinded", "preview", "plane", "oblique", "planning")

#: Layers of coordinates, whose data are saved in the record.
DRAWN = ("shapes", "points", "vectors")


class Collector:
    """Gathers a review; labels are copied, because they may be painted while they are written.

    Parameters
    ----------
    view
        What is to be saved.
    copy_scans
        Put the scans themselves into the folder.
    """

    def __init__(self, view: View, *, copy_scans: bool = False) -> None:
        self.view = view
        self.copy_scans = copy_scans
        self.deidentify = view.preferences.deidentify
        self.content = Content()
        self.notes: list[str] = []
        self._keys: dict[int, str] = {}
        scan = view.session.scan
        self._aliases = volume_aliases(scan) if scan is not None and self.deidentify else {}

    def collect(self) -> Content:
        """Return everything that is to be saved."""
        session = self.view.session
        record = self.content.record
        record["scans"] = {"scan": self._identity(session.scan, "scan")}
        if session.reference is not None:
            record["scans"]["reference"] = self._identity(session.reference, "reference")
        record["session"] = self._session()
        kept = [la for la in self.view.viewer.layers if la.metadata.get("mrsr", {}).get("role") not in PASSING]
        record["layers"] = [self._layer(layer) for layer in kept]
        record["view"] = view_state.state_of(self.view)
        record["subject"] = subject_of(session.scan, session.truth)
        self._tables()
        self.content.record = self.without_names(record)
        return self.content

    def without_names(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record whose texts quote no path and no name of a file, unless they may."""
        scan, found = self.view.session.scan, dict(plain(record))
        if scan is None or not self.deidentify:
            return found
        return dict(renamed(cleaned(found, aliases_of(scan)), self._aliases))

    # -- scans ----------------------------------------------------------------------------------------
    def _identity(self, scan: Scan | None, key: str) -> dict[str, Any] | None:
        if scan is None:
            return None
        self._keys[id(scan)] = key
        truth = self.view.session.truth
        if truth is not None and is_sample(scan, truth):
            part = "noiseless" if scan.shape == truth.noiseless.shape else "scan"
            return {"kind": "sample", "part": part, "voxels": scan_identity.voxels_sha256(scan)}
        as_read = scan_identity.is_as_read(scan)
        if as_read and not self.copy_scans:
            return scan_identity.identity_of(scan, deidentify=self.deidentify)
        self.content.volumes[f"scans/{key}"] = scan
        if not as_read and not self.copy_scans:
            self.notes.append(f"no file holds the {key} as it is, so a copy was saved with the review")
        return {"kind": "copy", "volume": f"scans/{key}", "key": scan_identity.key_of(scan)}

    def _put(self, scan: Scan | None, name: str, folder: str = "volumes") -> str | None:
        """Return the key of a scan; it is written if it is met for the first time."""
        if scan is None:
            return None
        if id(scan) not in self._keys:
            name = str(renamed(name, self._aliases))
            stem = f"{folder}/{re.sub(r'[^A-Za-z0-9]+', '_', name).strip('_').lower() or 'volume'}"
            key, n = stem, 2
            while key in self.content.volumes:
                key, n = f"{stem}_{n}", n + 1
            self._keys[id(scan)] = key
            self.content.volumes[key] = scan
        return self._keys[id(scan)]

    def _t2(self, settings: T2Settings) -> dict[str, Any]:
        """Return T2 settings; regions with a T1 of their own are a volume."""
        plain, tissue = as_plain(settings), settings.tissue
        if tissue is not None:
            t1 = {str(label): value for label, value in tissue.t1.items()}
            names = {str(label): name for label, name in tissue.names.items()}
            plain["tissue"] = {"labels": self._put(tissue.labels, "t1_by_region"), "t1": t1, "names": names}
        return plain

    # -- what was computed ------------------------------------------------------------------------------
    def _session(self) -> dict[str, Any]:
        session = self.view.session
        current = next((key for key, result in session.results.items() if result is session.result), None)
        found: dict[str, Any] = {
            "t2": self._t2(session.t2),
            "results": {key: self._result(result) for key, result in session.results.items()},
            "current": current,
            "maps": {
                role: {
                    "map": self._put(m.map, f"t2_{role}"),
                    "reason": self._put(m.reason, f"t2_reason_{role}"),
                    "sigma": self._put(m.sigma, f"t2_sigma_{role}"),
                }
                for role, m in session.maps.items()
            },
        }
        found["method_maps"] = {
            key: {"map": self._put(scan, f"t2_{key}"), "t2": self._t2(settings)}
            for key, (scan, settings) in self.view.method_maps.all().items()
        }
        found["dynamic"] = plain(self.view.dynamic.as_saved(self._put))
        found["in_plane"] = plain(self.view.in_plane.as_saved(self._put))
        found["brain_maps"] = plain(self.view.brain_maps.as_saved(self._put))
        if session.comparison is not None:
            c = session.comparison
            found["comparison"] = {
                "reference": self._put(c.reference, "compared_with"),
                "difference": self._put(c.difference, "difference"),
                "ssim": self._put(c.ssim, "ssim"),
                "figures": plain(c.figures),
            }
        if session.trust is not None:
            t = session.trust
            found["trust"] = {
                "added": self._put(t.added, "trust_added"),
                "z": self._put(t.z, "trust_z"),
                "t2_difference": self._put(t.t2_difference, "trust_t2_difference"),
                "interval": self._put(t.interval, "trust_interval"),
                "summary": plain(t.summary),
            }
        return found

    def _result(self, result: Result) -> dict[str, Any]:
        name = f"sr_{result.method}_x{result.factor}"
        reached = None
        if result.reached is not None:
            reached = replace(
                result.scan, array=result.reached[None].astype(np.uint8), axis="label", names=("reached",)
            )
        return {
            "scan": self._put(result.scan, name),
            "source": self._put(result.source, f"thick_x{result.factor}"),
            "reference": self._put(result.reference, "reference_of_result"),
            "reached": self._put(reached, f"{name}_reached"),
            "method": result.method,
            "factor": result.factor,
            "axis": result.axis,
            "reason": result.reason,
            "retrospective": result.retrospective,
            "done": float(result.done),
            "seconds": float(result.seconds),
            "partial": bool(result.partial),
        }

    # -- layers -----------------------------------------------------------------------------------------
    def _layer(self, layer: Layer) -> dict[str, Any]:
        about = layer.metadata.get("mrsr", {})
        kind = type(layer).__name__.lower()
        found: dict[str, Any] = {"name": layer.name, "kind": kind, "role": about.get("role")}
        found["state"] = layer_states.state_of(layer)
        own = about.get("role") in MADE_AGAIN and self._of_session(layer)
        if own:
            return found
        found["about"] = {k: v for k, v in about.items() if k not in ("provenance", "affine_ras", "shape", "plugin")}
        if kind in DRAWN:
            found["data"] = plain([np.asarray(part).tolist() for part in layer.data])
            found["drawn"] = drawn_state(layer, kind)
        elif isinstance(layer.data, np.ndarray) and kind in ("image", "labels"):
            try:
                scan = scan_as_shown(layer, self.view)
                found["volume"] = self._put(scan, layer.name, "labels" if kind == "labels" else "volumes")
            except MrsrError as error:
                self.notes.append(f'layer "{layer.name}" was not saved: {error.line}')
        found["about"] = plain(found["about"])
        return found

    def _of_session(self, layer: Layer) -> bool:
        """Tell whether a layer shows something of the session, and not a scan beside it."""
        session = self.view.session
        if layer.metadata["mrsr"]["role"] != "acquired":
            return True
        return session.scan is not None and layer.metadata.get("mrsr_scan") is session.scan

    def _tables(self) -> None:
        """Measure every painted layer, for follow-up and for other programs."""
        import pandas as pd

        rows = []
        for layer in self.view.viewer.layers:
            if not regions.is_roi(layer) or not regions.painted_voxels(layer):
                continue
            try:
                measured = regions.measure(self.view, layer)
                tables, notes = all_regions.tables_of(self.view, measured, layer.name)
            except MrsrError as error:
                self.notes.append(f'layer "{layer.name}" was not measured: {error.line}')
                continue
            self.notes += notes
            rows += [t.assign(roi=layer.name, map=role, unit=measured.unit) for role, t in tables.items()]
        if rows:
            self.content.tables[STATISTICS] = pd.concat(rows, ignore_index=True)


def scan_as_shown(layer: Layer, view: View) -> Scan:
    """Return a layer's data, copied, as a scan with the history that it had when the layer was made.

    Raises
    ------
    GeometryMismatch
        Nothing tells where the layer lies, or it was resampled or turned.
    """
    scan = placed_labels(view, layer) if type(layer).__name__ == "Labels" else layers.scan_of(layer, view.frame)
    array = np.array(scan.array)
    known = layer.metadata.get("mrsr_scan")
    return replace(scan, array=array, history=known.history if isinstance(known, Scan) else ())


#: What a layer of coordinates is drawn with; a colour for each of its parts.
DRAWN_WITH = ("size", "symbol", "face_color", "border_color", "edge_color", "edge_width", "vector_style", "shape_type")


def drawn_state(layer: Layer, kind: str) -> dict[str, Any]:
    """Return what a layer of coordinates needs beside them: its place, its unit, its colours."""
    found: dict[str, Any] = {"ndim": int(layer.ndim)}
    for name in ("scale", "translate"):
        found[name] = plain(np.asarray(getattr(layer, name)))
    found["units"] = [str(unit) for unit in layer.units]
    found["axis_labels"] = list(layer.axis_labels)
    for name in DRAWN_WITH:
        if hasattr(layer, name):
            value = getattr(layer, name)
            found[name] = plain([str(v) for v in value] if name == "symbol" else value)
    return found


def is_sample(scan: Scan, truth: Any) -> bool:
    """Tell whether a scan is that of the sample knee, which is made again from its seed."""
    from napari_mrsr.phantoms import sample_knee

    if truth.settings.get("seed") is None or truth.labels.shape != sample_shape():
        return False
    sample = sample_knee()
    return any(scan is known or np.array_equal(scan.array, known.array) for known in (sample.scan, truth.noiseless))


def sample_shape() -> tuple[int, ...]:
    """Return the matrix of the sample knee with thin slices."""
    from napari_mrsr.phantoms.sample import SHAPE

    return tuple(SHAPE)


def subject_of(scan: Scan | None, truth: Any = None) -> dict[str, Any]:
    """Return what tells whether two reviews are of one knee: its side, and a number that stands for the patient.

    The number is a keyed hash of the patient's identifier with a secret of this user: it says the same for the same
    patient, and nothing about who that is.
    """
    if scan is None:
        return {}
    if truth is not None:
        return {"side": scan.acquisition.laterality, "number": f"phantom {truth.settings.get('seed')}"}
    from napari_mrsr.files.subject import subject_number

    return {"side": scan.acquisition.laterality, "number": subject_number(scan)}
