"""DESS signals on a real anatomy: segmented bones and cartilage, the rest of the knee around them from the phantom.

Each segmented body becomes a signed distance by the Euclidean distance transform, smoothed by less than a voxel so
that the steps of the segmentation vanish. Cartilage thickness follows from two such distances: of the bone, and of
bone and cartilage together. These take the place of the phantom's own bodies; ligaments, menisci (unless segmented),
muscles, fat and skin are those of the phantom, scaled and shifted to the tibial plateau.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import nibabel as nib
import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates

from napari_mrsr.errors import BadParameter
from napari_mrsr.phantoms.anatomy import Anatomy, Axes
from napari_mrsr.phantoms.knee import paint_window
from napari_mrsr.phantoms.lattice import Array
from napari_mrsr.phantoms.phantom import KneePhantom, assemble
from napari_mrsr.phantoms.settings import load
from napari_mrsr.phantoms.signal import noise_sigma
from napari_mrsr.phantoms.subject import Side, draw
from napari_mrsr.scan import Scan

#: Names of the label numbers of the segmentations of the Osteoarthritis Initiative's DESS.
OAI: Mapping[int, str] = {
    1: "femur",
    2: "femoral cartilage",
    3: "tibia",
    4: "tibial cartilage",
    5: "patella",
    6: "patellar cartilage",
    8: "lesion",
}
#: Names of the label numbers of pymskt's bones, cartilages and menisci.
PYMSKT: Mapping[int, str] = {
    1: "femoral cartilage",
    2: "tibial cartilage",
    3: "tibial cartilage",
    4: "patellar cartilage",
    5: "femur",
    6: "tibia",
    7: "patella",
    8: "fibula",
    9: "meniscus",
    10: "meniscus",
}

#: Distances are exact up to here, mm, and constant beyond.
REACH = 9.0
#: Smoothing of a distance, mm.
SMOOTHING = 0.45
#: Width of the covered part of both plateaus, and where their middle lies, in the phantom of mean size, mm.
PLATEAU_WIDTH = 71.8
PLATEAU_CENTRE = (0.0, -5.5, -2.0)
FAR = 99.0


def dess_from_labels(
    labels: Scan,
    seed: int = 0,
    *,
    scheme: Mapping[int, str] | None = None,
    side: Side | None = None,
    noise: bool = True,
    snr: float | None = None,
) -> KneePhantom:
    """Return dual-echo DESS of a segmented knee.

    Parameters
    ----------
    labels
        One volume of label numbers, in any orientation.
    seed
        Draws T2, texture, soft tissue and noise.
    scheme
        Names of the label numbers; by default ``PYMSKT`` where labels 9 and 10 occur, else ``OAI``.
    side
        By default what the scan says, else the side of the mid-line that the knee lies on.
    noise, snr
        As for :func:`napari_mrsr.phantoms.knee`.

    Returns
    -------
    KneePhantom
        On the grid of the labels. Its truth is what was painted, in the numbers of ``LABELS``.

    Raises
    ------
    BadParameter
        There is no femur, tibia or tibial cartilage among the labels.
    """
    settings = load()
    if snr is not None and snr <= 0:
        raise BadParameter(f"signal to noise ratio {snr:g} is not positive", remedy="give a ratio above 0")
    given = np.asarray(labels.array[0])
    if scheme is None:
        scheme = PYMSKT if np.isin([9, 10], given).all() else OAI
    turn = nib.orientations.ornt_transform(
        nib.io_orientation(labels.affine), nib.orientations.axcodes2ornt(("P", "I", "R"))
    )
    volume = nib.orientations.apply_orientation(given, turn)
    affine = labels.affine @ nib.orientations.inv_ornt_aff(turn, given.shape)
    spacing = tuple(float(s) for s in np.linalg.norm(affine[:3, :3], axis=0))
    masks = {name: np.isin(volume, [n for n, one in scheme.items() if one == name]) for name in set(scheme.values())}
    for name in ("femur", "tibia", "tibial cartilage"):
        if name not in masks or not masks[name].any():
            raise BadParameter(
                f"has no {name} among its labels", where=labels.where, remedy="give the scheme of its label numbers"
            )
    middle = affine @ np.append((np.array(volume.shape) - 1) / 2, 1)
    side = side or labels.acquisition.laterality or ("right" if middle[0] > 0 else "left")
    right = 1.0 if side == "right" else -1.0
    axes = (
        -np.arange(volume.shape[0]) * spacing[0],
        -np.arange(volume.shape[1]) * spacing[1],
        right * np.arange(volume.shape[2]) * spacing[2],
    )
    # Put the phantom's plateau where the segmented one is.
    where = np.argwhere(masks["tibial cartilage"])
    low, high = np.percentile(where, 0.5, axis=0), np.percentile(where, 99.5, axis=0)
    centre = (low + high) / 2
    size = float(np.clip((high[2] - low[2] + 1) * spacing[2] / PLATEAU_WIDTH, 0.85, 1.15))
    shift = np.array([right * centre[2] * spacing[2], -centre[0] * spacing[0], -centre[1] * spacing[1]])
    subject = replace(
        draw(seed, settings, side=side, diseased=False),
        size=np.full(3, size),
        rotation=np.eye(3),
        shift=shift - size * np.array(PLATEAU_CENTRE),
        flexion=6.0,
    )
    anatomy = LabelAnatomy(subject, settings, masks=masks, axes=axes)
    painted = paint_window(anatomy, settings, axes, (spacing[0], spacing[1], spacing[2]))
    back = nib.orientations.ornt_transform(
        nib.orientations.axcodes2ornt(("P", "I", "R")), nib.io_orientation(labels.affine)
    )
    painted = painted.mapped(lambda array: np.ascontiguousarray(nib.orientations.apply_orientation(array, back)))
    sigma = noise_sigma(settings) * (settings.snr_cartilage / snr if snr else 1.0)
    slice_axis = int(np.argmax(np.abs(labels.affine[0, :3]) / np.linalg.norm(labels.affine[:3, :3], axis=0)))
    return assemble(
        painted, labels.affine, subject, settings, sigma if noise else 0.0, (0, 0, 0), slice_axis=slice_axis
    )


@dataclass(frozen=True, eq=False)
class LabelAnatomy(Anatomy):
    """An anatomy whose bones and cartilages were segmented.

    Parameters
    ----------
    masks
        Where each segmented body is, voxel axes front to back, top to bottom, left to right.
    axes
        Positions of those voxels, canonical mm.
    """

    masks: Mapping[str, npt.NDArray[np.bool_]] = field(kw_only=True)
    axes: Axes = field(kw_only=True)
    _distances: dict[str, tuple[Array, tuple[int, ...]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        for bone, cartilage in (("femur", "femoral"), ("tibia", "tibial"), ("patella", "patellar")):
            mask = self._mask(bone)
            wound = self._mask("lesion")
            covered = mask | self._mask(f"{cartilage} cartilage")
            if wound.any() and self._nearest_cartilage(wound) == cartilage:
                covered = covered | wound
            self._distances[bone] = self._distance(mask)
            self._distances[f"{bone} and cartilage"] = self._distance(covered)
        for name in ("fibula", "meniscus"):
            if self._mask(name).any():
                self._distances[name] = self._distance(self._mask(name))

    def _mask(self, name: str) -> npt.NDArray[np.bool_]:
        shape = next(iter(self.masks.values())).shape
        return self.masks.get(name, np.zeros(shape, dtype=bool))

    def _nearest_cartilage(self, wound: npt.NDArray[np.bool_]) -> str:
        """Return which cartilage lies closest to a lesion that was segmented without saying where it belongs."""
        place = np.argwhere(wound).mean(axis=0)
        found = {c: np.argwhere(self._mask(f"{c} cartilage")) for c in ("femoral", "tibial", "patellar")}
        return min(
            (c for c in found if len(found[c])), key=lambda c: float(((found[c] - place) ** 2).sum(axis=1).min())
        )

    def _distance(self, mask: npt.NDArray[np.bool_]) -> tuple[Array, tuple[int, ...]]:
        """Return the signed distance within ``REACH`` of a body, and the first voxel of that part."""
        if not mask.any():
            return np.full((1, 1, 1), FAR, dtype=np.float32), (0, 0, 0)
        spacing = [abs(float(a[1] - a[0])) for a in self.axes]
        box = []
        for axis, step in enumerate(spacing):
            some = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
            margin = int(np.ceil(REACH / step))
            box.append(slice(max(0, some[0] - margin), some[-1] + 1 + margin))
        part = mask[tuple(box)]
        half = np.float32(np.mean(spacing) / 2)
        signed = distance_transform_edt(~part, sampling=spacing).astype(np.float32)
        signed -= np.where(part, distance_transform_edt(part, sampling=spacing), 0).astype(np.float32)
        # From voxel centres to the faces between them.
        signed += np.where(part, half, -half)
        signed = gaussian_filter(signed, [SMOOTHING / s for s in spacing], mode="nearest")
        return np.clip(signed, -REACH, REACH), tuple(b.start for b in box)

    def _on(self, name: str, axes: Axes) -> Array:
        values, start = self._distances[name]
        if values.size == 1:
            return np.full([len(a) for a in axes], FAR, dtype=np.float32)
        index = [(a - own[0]) / (own[1] - own[0]) - s for a, own, s in zip(axes, self.axes, start, strict=True)]
        grid = np.stack(np.meshgrid(*index, indexing="ij")).astype(np.float32)
        out = map_coordinates(values, grid, order=1, mode="nearest", output=np.float32)
        # Outside the part that was computed only the bones that leave the field of view go on.
        for axis, i in enumerate(grid):
            beyond = np.maximum(-i, i - (values.shape[axis] - 1))
            outside = (beyond > 0) & (out > REACH / 2)
            out = np.where(outside, np.float32(REACH), out)
        return np.asarray(out)

    def fields(self, axes: Axes) -> dict[str, Array]:
        """Return the phantom's distances with the segmented bodies in their place."""
        found = super().fields(axes)
        for bone, kind in (("femur", "femoral"), ("tibia", "tibial"), ("patella", "patellar")):
            found[bone] = self._on(bone, axes)
            thickness = np.maximum(found[bone] - self._on(f"{bone} and cartilage", axes), 0)
            # Beyond the reach of either distance nothing is covered.
            found[f"{kind} thickness"] = np.where(found[bone] < REACH - 1, thickness, 0)
            found[f"{kind} cover"] = np.clip(6 * (found[f"{kind} thickness"] - np.float32(0.4)), -4, 4)
        if "fibula" in self._distances:
            found["fibula"] = self._on("fibula", axes)
        if "meniscus" in self._distances:
            meniscus = self._on("meniscus", axes)
            for name, keep in (("medial", found["tibial side"]), ("lateral", -found["tibial side"])):
                found[f"{name} meniscus"] = np.maximum(meniscus, keep)
        return found
