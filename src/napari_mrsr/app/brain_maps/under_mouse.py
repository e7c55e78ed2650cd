"""What the status bar says of a map: a whole number of ms, or why there is none.

napari writes a T1 of 1067 ms as ``1.07e+03``, and where there is no value ``nan``. The reason lies in a layer of its
own, which one would have to select first.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.mapping.reasons import REASON_TEXTS, Reason

if TYPE_CHECKING:
    from napari.layers import Image


def say_values(layer: Image, reasons: npt.NDArray[np.uint8], unit: str) -> None:
    """Have a layer say its value with the unit, or the reason why there is none.

    Parameters
    ----------
    layer
        A map, 3-D.
    reasons
        Codes in the order of the layer's data.
    unit
        Of the map.
    """
    alive = weakref.ref(layer)  # the layer must not keep itself
    plain = type(layer).get_status

    def get_status(position: npt.ArrayLike | None = None, **more: Any) -> dict[str, str]:
        own = alive()
        if own is None:
            return {}
        status = plain(own, position, **more)
        if position is None or not own.visible or not status.get("value"):
            return status
        place = own.world_to_data(position) if more.get("world") else np.asarray(position)
        said = in_words(np.asarray(own.data), reasons, place, unit)
        if said:
            status |= {"value": said, "coordinates": f"{status.get('coords', '')}: {said}"}
        return status

    layer.get_status = get_status  # type: ignore[method-assign]


def in_words(values: npt.NDArray[Any], reasons: npt.NDArray[Any], place: npt.ArrayLike, unit: str) -> str:
    """Return what is at a place of a map; nothing outside of it.

    Examples
    --------
    >>> values, reasons = np.array([[[1066.7, np.nan]]]), np.array([[[0, 5]]])
    >>> in_words(values, reasons, (0, 0, 0.2), "ms"), in_words(values, reasons, (0, 0, 1), "ms")
    ('1067 ms', 'none, outside the accepted range')
    """
    at = tuple(np.rint(np.asarray(place, float)[-3:]).astype(int))
    if len(at) < 3 or any(not 0 <= n < size for n, size in zip(at, values.shape, strict=True)):
        return ""
    value = float(values[at])
    if np.isfinite(value):
        return f"{value:.0f} {unit}"
    code = int(reasons[at]) if reasons.shape == values.shape else Reason.AIR
    return f"none, {REASON_TEXTS[Reason(code)]}"
