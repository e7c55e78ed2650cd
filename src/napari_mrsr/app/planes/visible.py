"""What is seen of the patient in a viewer: the layers that an oblique reformat samples."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari.layers import Layer

#: Roles of layers that are no picture of the patient, and are not sampled.
NOT_SAMPLED = frozenset({"oblique", "plane", "swipe", "checkerboard", "reason", "brain_reason"})

#: Roles of layers that hide what lies below them.
MAGNITUDES = frozenset(
    {"acquired", "reference", "thick", "undersampled", "sr", "combined", "fluid_suppressed", "planning"}
)


def seen(viewer_layers: Iterable[Layer]) -> list[Layer]:
    """Return what is seen of the patient, from bottom to top: nothing below the topmost magnitude that is visible."""
    found: list[Layer] = []
    for layer in reversed(list(viewer_layers)):
        if layer.visible and _sampled(layer):
            found.insert(0, layer)
            if layer.metadata["mrsr"]["role"] in MAGNITUDES:
                break
    return found


def _sampled(layer: Layer) -> bool:
    role = layer.metadata.get("mrsr", {}).get("role")
    kind = type(layer).__name__
    return kind in ("Image", "Labels") and layer.ndim >= 3 and role is not None and role not in NOT_SAMPLED
