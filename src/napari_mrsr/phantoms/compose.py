"""Signals, labels and truth of a slab: bodies are filled with tissue and mixed by fraction."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from napari_mrsr.phantoms.lattice import Array
from napari_mrsr.phantoms.materials import Materials, Points
from napari_mrsr.phantoms.settings import LABEL_OF
from napari_mrsr.phantoms.slab import Box, Slab

#: Fractions below this do not count.
LEAST = 1e-4


@dataclass(eq=False)
class Canvas:
    """What is painted: echoes, label of the largest fraction with T2 and T1, cartilage layer; fractions if asked."""

    slab: Slab
    materials: Materials
    keep_fractions: bool = False
    fractions: dict[int, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = tuple(len(a) for a in self.slab.axes)
        self.signal = np.zeros((2, *shape), dtype=np.float32)
        self.labels = np.zeros(shape, dtype=np.uint8)
        self.layers = np.zeros(shape, dtype=np.uint8)
        self.t2 = np.full(shape, np.nan, dtype=np.float32)
        self.t1 = np.full(shape, np.nan, dtype=np.float32)
        self.most = np.zeros(shape, dtype=np.float32)
        self.t2_field = self.materials.t2_field.on(self.slab.axes)
        self.fat_field = self.materials.fat_field.on(self.slab.axes)

    def air(self, fraction: Array) -> None:
        """Leave air, which has no signal."""
        share = self.slab.mean(fraction)
        self.most[:] = share
        self._keep(0, self.slab.voxels(self.slab.whole), share)

    def lay(
        self,
        label: str | Array,
        tissue: str,
        box: Box,
        fraction: Array,
        *,
        t2_factor: Array | None = None,
        layer: Array | None = None,
    ) -> None:
        """Lay a body.

        Parameters
        ----------
        label
            Its name, or a label number per voxel of the box.
        fraction
            Of the sub-voxels of the box.
        t2_factor, layer
            Factor on T2, and cartilage layer (1 deep, 2 superficial), per voxel of the box.
        """
        where, share = self.slab.take(box, fraction)
        mask = share > LEAST
        if not mask.any():
            return
        i, j, k = np.nonzero(mask)
        y, z, x = (a[b] for a, b in zip(self.slab.axes, where, strict=True))
        points = Points(
            x[k].astype(np.float32),
            y[i].astype(np.float32),
            z[j].astype(np.float32),
            self.t2_field[where][mask],
            self.fat_field[where][mask],
        )
        values = self.materials.fill(tissue, points, t2_factor=1.0 if t2_factor is None else t2_factor[mask])
        weight = share[mask]
        self.signal[0][where][mask] += weight * values.s1
        self.signal[1][where][mask] += weight * values.s2
        number = np.full(len(i), LABEL_OF[label], np.uint8) if isinstance(label, str) else label[mask]
        winner = weight > self.most[where][mask]
        best = np.zeros_like(mask)
        best[mask] = winner
        self.most[where][best] = weight[winner]
        self.labels[where][best] = number[winner]
        self.t2[where][best] = values.t2[winner]
        self.t1[where][best] = values.t1[winner]
        self.layers[where][best] = 0 if layer is None else layer[best]
        if self.keep_fractions:
            everywhere = np.zeros(mask.shape, dtype=np.uint8)
            everywhere[mask] = number
            for one in np.unique(number):
                self._keep(int(one), where, np.where(mask & (everywhere == one), share, 0))

    def _keep(self, number: int, where: Box, share: Array) -> None:
        if self.keep_fractions:
            self.fractions.setdefault(number, np.zeros(self.labels.shape, dtype=np.float32))[where] += share
