"""What fills a body: T2, T1 and the two echoes of a tissue at given points, with its texture."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.lattice import RandomField
from napari_mrsr.phantoms.settings import Settings
from napari_mrsr.phantoms.signal import table
from napari_mrsr.phantoms.subject import Subject
from napari_mrsr.phantoms.texture import Texture

Array = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Points:
    """Voxels of one body: positions (mm) and the values of the smooth random fields there."""

    x: Array
    y: Array
    z: Array
    t2_field: Array
    fat_field: Array


@dataclass(frozen=True, eq=False)
class Values:
    """T2 and T1 (ms) and the two echoes, one value per point."""

    t2: Array
    t1: Array
    s1: Array
    s2: Array


@dataclass(frozen=True, eq=False)
class Materials:
    """The tissues of one subject."""

    subject: Subject
    settings: Settings
    texture: Texture = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "texture", Texture.draw(self.subject.seed))

    @cached_property
    def t2_field(self) -> RandomField:
        """Smooth variation of T2, SD 1."""
        return RandomField.draw(self.subject.seed, "t2", 5.0)

    @cached_property
    def fat_field(self) -> RandomField:
        """Smooth variation of what fat suppression leaves, SD 1."""
        return RandomField.draw(self.subject.seed, "fat", 40.0)

    @property
    def wound_t2(self) -> float:
        """Factor on T2 in the focal lesion."""
        return 1.0 if self.subject.lesion is None else self.subject.lesion.t2_factor

    def fill(self, name: str, p: Points, *, t2_factor: Array | float = 1.0) -> Values:
        """Return the values of a tissue at points; ``t2_factor`` stands for layers and lesions of cartilage."""
        tissue = self.settings.tissues[name]
        t2 = self.subject.t2[name] * (1 + np.float32(tissue.t2_field) * p.t2_field) * t2_factor
        t2 = np.clip(t2, *tissue.limits).astype(np.float32)
        m0 = np.full_like(t2, tissue.m0)
        if tissue.grain:
            size = (
                (0.9, 0.9, 1.4)
                if name == "marrow"
                else (1.4, 1.4, 4.0)
                if name in ("ligament", "tendon")
                else (1.3, 1.3, 1.3)
            )
            m0 *= np.clip(1 + np.float32(tissue.grain) * self.texture.at(p.x, p.y, p.z, size, 0), 0.1, 2)
        if tissue.fat:
            spread = self.settings.fat["residual_sd"]
            m0 *= np.float32(self.settings.fat["residual"]) * np.exp(
                np.float32(spread) * np.clip(p.fat_field, -2.5, 2.5)
            )
        s1, s2 = table(name)(t2)
        values = Values(t2, np.full_like(t2, tissue.t1), m0 * s1, m0 * s2)
        if name == "muscle":
            return self._streaks(values, p)
        if name == "fat":
            return self._septa(values, p)
        if name == "marrow":
            return self._red_marrow(values, p)
        return values

    def _streaks(self, v: Values, p: Points) -> Values:
        """Dark sheets of suppressed fat between the fascicles, along the muscle and slightly oblique."""
        y = p.y - np.float32(0.22) * p.z * np.sign(p.y + 5)
        x = p.x + np.float32(0.10) * p.z
        sheet = self.texture.ridge(x, y, p.z, (8.0, 6.0, 40.0), 0.15, 1)
        here = np.clip(self.texture.at(x, y, p.z, (14.0, 12.0, 26.0), 2), 0, 1)
        bundle = 1 + np.float32(0.05) * self.texture.at(x, y, p.z, (2.2, 2.0, 22.0), 3)
        keep = (1 - np.float32(0.75) * sheet * here) * bundle
        return Values(v.t2, v.t1, v.s1 * keep, v.s2 * keep)

    def _septa(self, v: Values, p: Points) -> Values:
        """Sheets of connective tissue between fat lobules: brighter than the suppressed fat."""
        sheet = self.texture.ridge(p.x, p.y, p.z, (7.0, 5.0, 8.0), 0.16, 4)
        strands = self.texture.ridge(p.x, p.y, p.z, (3.0, 2.6, 3.4), 0.2, 5)
        part = np.clip(np.float32(0.26) * sheet + np.float32(0.14) * strands, 0, 1)
        # Where two families of sheets cross runs a small vessel.
        vessel = np.clip(sheet * strands * np.float32(3) - np.float32(2.4), 0, 0.6)
        return self._mix(self._mix(v, "septum", part), "blood", vessel)

    def _red_marrow(self, v: Values, p: Points) -> Values:
        """Islands of blood-forming marrow and small vessels: a little water in the fat."""
        island = np.clip(self.texture.at(p.x, p.y, p.z, (9.0, 9.0, 14.0), 6) - np.float32(0.6), 0, 2)
        dots = np.clip(self.texture.at(p.x, p.y, p.z, (1.5, 1.5, 2.6), 7) - np.float32(2.6), 0, 1)
        return self._mix(v, "synovium", np.clip(np.float32(0.025) * island + np.float32(0.6) * dots, 0, 0.6))

    def _mix(self, v: Values, name: str, part: Array) -> Values:
        other = self.settings.tissues[name]
        s1, s2 = (other.m0 * s for s in table(name)(np.full_like(v.t2, self.subject.t2[name])))
        most = part > 0.5
        return Values(
            np.where(most, np.float32(self.subject.t2[name]), v.t2), np.where(most, np.float32(other.t1), v.t1),
            v.s1 * (1 - part) + s1 * part, v.s2 * (1 - part) + s2 * part,
        )  # fmt: skip
