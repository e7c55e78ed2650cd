"""What every super-resolution network tells of itself, whatever its layers."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from torch import nn

from napari_mrsr.interpolation.one_axis import Interpolation


class Network(nn.Module):
    """A network ``forward(x, factor)``; ``x`` is on one intensity scale for all volumes, 0 to about 1.

    A network of **slices** takes ``(batch, echo, i, j, k)`` to ``(batch, echo, i, j, factor * k)``. A network **in
    plane** has the factor 1: its input was interpolated to the fine grid before, and keeps its shape.

    Attributes
    ----------
    architecture
        Its name in :func:`napari_mrsr.networks.registry.build`.
    sharpens
        ``"slices"`` (one axis), ``"in-plane"`` (two), or ``"nothing"``: it maps (:mod:`~napari_mrsr.networks.mapper`).
    interpolation
        How the input of a network in plane reaches the fine grid; a network of slices takes the coarse one.
    factors
        Factors that it was made for.
    echoes
        Volumes that it takes at once; None means any number.
    halo
        Samples to either side, on the grid of its input, that a value depends on: tiles cut with that much surrounding
        give exactly the whole volume.
    slicewise
        It looks at every slice by itself: no halo along the slice axis, and slices may be parted anywhere.
    stride
        Tiles must begin at multiples of it, so that what is pooled together is what the whole volume pools together.
    settings
        Arguments with which it is built again.
    """

    architecture: ClassVar[str]
    sharpens: ClassVar[Literal["slices", "in-plane", "nothing"]] = "slices"
    interpolation: ClassVar[Interpolation | None] = None
    slicewise: ClassVar[bool] = False
    factors: tuple[int, ...]
    echoes: int | None
    halo: int
    stride: int = 1
    settings: dict[str, Any]
