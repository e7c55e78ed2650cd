"""The fluid-suppressed view as a layer, acquired or super-resolved: fluid dark, cartilage bright."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy.typing as npt

from napari_mrsr.app import display, layers

if TYPE_CHECKING:
    from napari_mrsr.app.viewing import View

ROLE: Literal["fluid_suppressed"] = "fluid_suppressed"


def name_of(which: str) -> str:
    """Return the name of the layer; which is ``"acquired"`` or ``"SR"``."""
    return f"S1 - 1.2 S2 ({which})"


def is_shown(view: View) -> bool:
    """Tell whether the fluid-suppressed view is what is seen now."""
    return any(la.visible for la in view.viewer.layers if la.metadata.get("mrsr", {}).get("role") == ROLE)


def show(view: View) -> bool:
    """Show the fluid-suppressed view of the super-resolved scan, else of the acquired one, instead of other images.

    Both get one window, of what was acquired. One echo gives a banner.

    Returns
    -------
    bool
        Whether it is shown.
    """
    from napari_mrsr.mapping import fluid_suppressed

    session = view.session
    if session.scan is None:
        session.say("warn", "no scan is open; open one in the Study dock first")
        return False
    scans = {"acquired": session.scan}
    if session.result is not None:
        scans["SR"] = session.result.scan
    window, names = None, []
    for which, scan in scans.items():
        name = name_of(which)
        known = view.layer(name)
        if known is not None and window is None:
            window = tuple(known.contrast_limits)
        found = session.attempt(partial(fluid_suppressed, scan))
        if found is None:
            return False
        window = window or _window(found.array[0])
        (data,) = layers.magnitude_layers(found, role=ROLE, names=[name], windows=[window], frame=view.frame_for(found))
        view.put(data, visible=False).locked = True
        names.append(name)
    _below_labels(view, names)
    view.look.show_only(names[-1:])
    view.look.looked.emit()
    return True


def hide(view: View) -> None:
    """Show the first echo again."""
    session = view.session
    if session.scan is None:
        return
    name = display.acquired(session.scan.names[0])
    if session.result is not None:
        name = view.names_of(session.result)[0]
    view.look.show_only([name])
    view.look.looked.emit()


def _window(array: npt.NDArray[Any]) -> tuple[float, float]:
    """Return black at nothing and white at the brightest; where all is fluid nothing is above black."""
    (white,) = display.percentiles(array, (99.9,))
    return 0.0, white if white > 0.0 else 1.0


def _below_labels(view: View, names: list[str]) -> None:
    """Move images under the labels, so that what is painted is seen on them."""
    order = view.viewer.layers
    for name in names:
        image = order[name]
        lowest = min((n for n, la in enumerate(order) if type(la).__name__ == "Labels"), default=None)
        if lowest is not None and order.index(image) > lowest:
            order.move(order.index(image), lowest)
