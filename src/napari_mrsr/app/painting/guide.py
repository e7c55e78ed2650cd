"""The picture that guides a painting tool: super-resolved or acquired, brought to the grid of the labels where needed.

The channels are the first echo and, of a dual-echo scan, the fluid-suppressed image beside it: together they tell
cartilage from fluid and from meniscus. Only the part that a tool asks for is read, computed and, where the labels have
another grid, resampled (linearly, for looking only: the labels stay where they are).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import GeometryMismatch, MissingParameter
from napari_mrsr.mapping.fluid_suppressed import BETA

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_mrsr.app.viewing import View
    from napari_mrsr.scan import Scan

Box = tuple[slice, slice, slice]

#: Two positions that differ by less count as one, mm.
TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class Guide:
    """An image on the grid of a labels layer.

    Attributes
    ----------
    name
        What the person is told.
    echoes
        One or two volumes in screen order, on their own grid.
    step, first
        Of each screen axis: how many of the guide's voxels one of the labels' is, and where the labels' first lies.
    """

    name: str
    echoes: tuple[npt.NDArray[Any], ...]
    step: tuple[float, ...]
    first: tuple[float, ...]

    @property
    def same_grid(self) -> bool:
        """Whether nothing needs to be resampled."""
        return self.step == (1.0, 1.0, 1.0) and self.first == (0.0, 0.0, 0.0)

    def channels(self, box: Box, *, only: int | None = None) -> npt.NDArray[np.float32]:
        """Return a part of the image, ``(channel, slices, rows, columns)``; the box is in voxels of the labels.

        Parameters
        ----------
        box
            The part.
        only
            0 for the first echo alone, 1 for the fluid-suppressed image alone (the first echo where there is none).
        """
        wanted = [self._part(echo, box) for echo in (self.echoes[:1] if only == 0 else self.echoes)]
        if len(wanted) == 2:
            wanted[1] = wanted[0] - np.float32(BETA) * wanted[1]
        if only is not None:
            wanted = wanted[-1:]
        return np.stack(wanted)

    def _part(self, echo: npt.NDArray[Any], box: Box) -> npt.NDArray[np.float32]:
        if self.same_grid:
            return np.asarray(echo[box], np.float32)
        from scipy import ndimage

        shape = tuple(s.stop - s.start for s in box)
        start = [f + s.start * d for f, s, d in zip(self.first, box, self.step, strict=True)]
        low = [max(0, int(np.floor(a)) - 1) for a in start]
        high = [int(np.ceil(a + (n - 1) * d)) + 2 for a, n, d in zip(start, shape, self.step, strict=True)]
        near = np.asarray(echo[tuple(slice(a, max(a + 1, b)) for a, b in zip(low, high, strict=True))], np.float32)
        if 0 in near.shape:
            return np.zeros(shape, np.float32)
        moved: npt.NDArray[np.float32] = ndimage.affine_transform(
            near, self.step, [a - b for a, b in zip(start, low, strict=True)], shape, order=1, mode="nearest"
        )
        return moved


def find_guide(view: View, layer: Labels) -> Guide:
    """Return the image that guides painting in a labels layer: super-resolved, else acquired, on its grid.

    Raises
    ------
    MissingParameter
        No scan is open.
    GeometryMismatch
        The labels are turned against the image, or lie beside it.
    """
    session = view.session
    found: list[tuple[str, Scan]] = []
    if session.result is not None:
        found.append((view.names_of(session.result)[0], session.result.scan))
    if session.scan is not None:
        found.append((f"{session.scan.names[0]} (acquired)", session.scan))
    if session.reference is not None:
        found.append((f"{session.reference.names[0]} (reference)", session.reference))
    if not found:
        raise MissingParameter("there is no image to paint by", remedy="open a scan in the Study dock first")
    turned = not np.allclose(layer.affine.affine_matrix, np.eye(layer.ndim + 1)) or np.any(layer.shear)
    if turned or not np.allclose(layer.rotate, np.eye(layer.ndim)):
        raise GeometryMismatch(
            f'"{layer.name}" is turned against the image', remedy="make the labels with the New ROI button"
        )
    guides = [_guide(view, layer, name, scan) for name, scan in found]
    first = next((g for g in guides if g.same_grid and g.echoes[0].shape == layer.data.shape), guides[0])
    last = [f + (n - 1) * d for f, n, d in zip(first.first, layer.data.shape, first.step, strict=True)]
    if any(b < 0 or a > n - 1 for a, b, n in zip(first.first, last, first.echoes[0].shape, strict=True)):
        raise GeometryMismatch(
            f'"{layer.name}" lies beside {first.name}', remedy="make the labels with the New ROI button"
        )
    return first


def _guide(view: View, layer: Labels, name: str, scan: Scan) -> Guide:
    frame = view.frame_for(scan)
    two = scan.axis == "echo" and scan.volumes >= 2
    step = np.asarray(layer.scale) / np.asarray(frame.scale)
    first = (np.asarray(layer.translate) - np.asarray(frame.translate)) / np.asarray(frame.scale)
    steps = tuple(1.0 if abs(s - 1) * n < TOLERANCE else float(s) for s, n in zip(step, layer.data.shape, strict=True))
    firsts = tuple(0.0 if abs(f) < TOLERANCE else float(f) for f in first)
    echoes = tuple(frame.to_screen(scan.array[n]) for n in range(2 if two else 1))
    return Guide(f"{name} and the fluid-suppressed view" if two else name, echoes, steps, firsts)
