r"""How different two slices look to a network that knows tissue.

With the features :math:`\phi_l` of the three levels of the shipped feature network
(:mod:`napari_mrsr.networks.features`),

.. math:: d = \frac{1}{3} \sum_{l=1}^{3}
          \frac{\sum |\phi_l(\text{result}) - \phi_l(\text{truth})|}{\sum |\phi_l(\text{truth})|}

is 0 where both look the same to it. Distances in features follow what readers call alike more closely than PSNR and
SSIM do (Zhang et al., CVPR 2018, for photographs and networks of photographs; here the network was trained on tissues,
and no reader has been asked). It is the published perceptual loss of the abdomen as a number without unit: a network
trained on that loss is favoured by it.

The feature network is three-dimensional, and halves every axis twice. Slices are therefore looked at in stacks of
:data:`STACK`, the last stack taken from the end; fewer slices than that are repeated, as if the object did not change
across them. Both images are divided by one number, so that the truth reaches from 0 to 1.

Source
------
Zhang R, Isola P, Efros AA, Shechtman E, Wang O. The unreasonable effectiveness of deep features as a perceptual metric.
CVPR 2018:586-595.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import BadParameter, ConstantImage, GeometryMismatch

if TYPE_CHECKING:
    from napari_mrsr.networks.features import Features

#: Slices of a stack: as few as the network can halve twice.
STACK = 4


def perceptual_distance(
    truth: npt.ArrayLike,
    test: npt.ArrayLike,
    *,
    axis: int = -1,
    scale: float | None = None,
    network: Features | None = None,
) -> float:
    """Return the mean distance over the stacks of a volume, or that of a slice.

    Parameters
    ----------
    truth, test
        A slice ``(i, j)`` or a volume ``(i, j, k)``, one unit; at least 4 voxels along both sides of a slice.
    axis
        The slice axis of a volume.
    scale
        What both are divided by; the truth's maximum where not given. Slices of one volume should share it.
    network
        What looks, on its own device; the shipped one where not given.

    Raises
    ------
    GeometryMismatch
        The shapes differ.
    BadParameter
        A slice is too small, a voxel is not finite, or the scale is not positive.
    ConstantImage
        The truth is nowhere above 0, so that there is no scale.
    WeightsMissing, WeightsCorrupt
        The feature network is not there.
    """
    found = [distance for _, distance in stack_distances(truth, test, axis=axis, scale=scale, network=network)]
    return float(np.mean(found))


def stack_distances(
    truth: npt.ArrayLike,
    test: npt.ArrayLike,
    *,
    axis: int = -1,
    scale: float | None = None,
    network: Features | None = None,
) -> Iterator[tuple[slice, float]]:
    """Yield the slices of each stack, and its distance; parameters and errors as for :func:`perceptual_distance`."""
    import torch

    from napari_mrsr.networks import features

    x, y = (_volume(np.asarray(image, np.float32), axis) for image in (truth, test))
    if x.shape != y.shape:
        raise GeometryMismatch(
            f"images of shape {x.shape} and {y.shape} cannot be compared", remedy="bring them to one grid first"
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise BadParameter("some voxels are not finite", remedy="replace them, or choose a part without them")
    largest = float(x.max()) if scale is None else scale
    if scale is None and not largest > 0:
        raise ConstantImage("the truth is nowhere above 0", remedy="leave it out, or give a scale")
    if not largest > 0:
        raise BadParameter(f"a scale of {largest:g} is not positive", remedy="give the truth's maximum")
    looking = network or features.load()
    place = next(looking.parameters()).device
    for where in stacks(x.shape[2]):
        pair = np.stack([_filled(image[..., where]) for image in (x, y)])[:, None] / np.float32(largest)
        with torch.inference_mode():
            levels = looking(torch.from_numpy(pair).to(place))
            parts = [float((level[1] - level[0]).abs().sum() / level[0].abs().sum()) for level in levels]
        yield where, sum(parts) / len(parts)


def stacks(slices: int) -> list[slice]:
    """Return the stacks that all slices lie in.

    Examples
    --------
    >>> stacks(10)
    [slice(0, 4, None), slice(4, 8, None), slice(6, 10, None)]
    >>> stacks(3)
    [slice(0, 3, None)]
    """
    if slices <= STACK:
        return [slice(0, slices)]
    begins = [*range(0, slices - STACK, STACK), slices - STACK]
    return [slice(begin, begin + STACK) for begin in begins]


def _volume(image: npt.NDArray[Any], axis: int) -> npt.NDArray[Any]:
    """Return an image with its slices last."""
    if image.ndim == 2:
        return image[..., None]
    if image.ndim != 3:
        raise BadParameter(f"has {image.ndim} dimensions, not 2 or 3", remedy="give a slice or a volume")
    return np.moveaxis(image, axis, -1)


def _filled(stack: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a stack of enough slices: the last ones are repeated."""
    return np.pad(stack, [(0, 0), (0, 0), (0, STACK - stack.shape[-1])], mode="edge")
