"""Parts of the app that have no state of their own to hand over, saved with a review by what they were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_mrsr.errors import MrsrError

if TYPE_CHECKING:
    from napari_mrsr.app.keeping.saving import Saving


def register(saving: Saving) -> None:
    """Have the layout, the cartilage regions and the drawn lines of a view saved."""
    saving.register("layout", lambda: dump_layout(saving.view), lambda content: load_layout(saving.view, content))
    saving.register("cartilage", lambda: dump_cartilage(saving.view), lambda c: load_cartilage(saving.view, c))
    saving.register("lines", lambda: dump_lines(saving.view), lambda content: load_lines(saving.view, content))


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


def dump_lines(view: Any) -> list[dict[str, Any]]:
    """Return the callipers and line profiles, in mm on the screen."""
    from napari_mrsr.app.measuring.callipers import callipers_of

    lines = callipers_of(view).lines()
    return [{"tool": line.tool, "start": list(line.start), "end": list(line.end)} for line in lines]


def load_lines(view: Any, content: list[dict[str, Any]]) -> None:
    """Draw callipers and line profiles again, so that they are measured: their layers alone are mere shapes."""
    from napari_mrsr.app.measuring.calliper_layers import LAYERS
    from napari_mrsr.app.measuring.callipers import callipers_of

    view.remove([LAYERS[line["tool"]] for line in content])
    for line in content:
        callipers_of(view).draw(line["tool"], line["start"], line["end"])
