"""Parts of the app that have no state of their own to hand over, saved with a review by what they were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_mrsr.errors import MrsrError

if TYPE_CHECKING:
    from napari_mrsr.app.keeping.saving import Saving


def register(saving: Saving) -> None:
    """Have the layout and the cartilage regions of a view saved."""
    saving.register("layout", lambda: dump_layout(saving.view), lambda content: load_layout(saving.view, content))
    saving.register("cartilage", lambda: dump_cartilage(saving.view), lambda c: load_cartilage(saving.view, c))


def dump_layout(view: Any) -> dict[str, Any]:
    """Return which layout is on the screen."""
    return {"now": view.layouts.now}


def load_layout(view: Any, content: dict[str, Any]) -> None:
    """Lay out the viewer again.

    Raises
    ------
    MrsrError
        The layout cannot be shown here.
    """
    if content["now"] != view.layouts.now and not view.layouts.choose(content["now"]):
        raise MrsrError(f"the layout {content['now']} cannot be shown here", remedy="choose one in the Review dock")


def dump_cartilage(view: Any) -> dict[str, Any] | None:
    """Return which ROI was divided, and how; None where none was."""
    result = view.cartilage.result
    if result is None:
        return None
    how = {"definition": result.regions.definition, "layers": int(result.regions.layers)}
    return {"roi": result.roi, "side": result.side, **how}


def load_cartilage(view: Any, content: dict[str, Any]) -> None:
    """Divide the ROI again, by the side that a person had confirmed; its layers are back already.

    Raises
    ------
    MrsrError
        The ROI is not there, or cannot be divided any more.
    """
    view.cartilage.find(
        view.layer(content["roi"]),
        side=content["side"],
        definition=content["definition"],
        layers=content["layers"],
    )
