"""How the layers of a mapped brain are called; colours and windows are those of reports."""

from __future__ import annotations

from napari_mrsr.app import layers
from napari_mrsr.report.scales import BRAIN

#: The maps, their colours and limits (colours of the relaxometry community, see :mod:`napari_mrsr.app.display`).
COLOURS = {**{name: scale.colormap for name, scale in BRAIN.items()}, "M0": "gray"}
T1_LIMITS, T2_LIMITS = BRAIN["T1"].limits, BRAIN["T2"].limits
#: How far the sliders of the limits reach.
T1_RANGE, T2_RANGE = (0.0, 5000.0), (0.0, 600.0)
#: M0 is relative: black is 0, and white this percentile of it.
M0_PERCENTILE = 99.5

#: Limits of the half-width of their intervals: up to a tenth of the maps' own.
UNCERTAIN = {"T1": (0.0, 300.0), "T2": (0.0, 20.0)}

#: Roles of the layers.
MAP: layers.Role = "brain_map"
REASON: layers.Role = "brain_reason"
UNCERTAINTY: layers.Role = "brain_uncertainty"
SYNTHESISED: layers.Role = "synthesised"
DIFFERENCE: layers.Role = "synthesis_difference"
REGISTERED: layers.Role = "registered"
ROLES = (MAP, REASON, UNCERTAINTY, SYNTHESISED, DIFFERENCE, REGISTERED)


def map_name(name: str, unit: str, *, partial: bool = False) -> str:
    """Return the layer name of a map.

    Examples
    --------
    >>> map_name("T1", "ms"), map_name("M0", "", partial=True)
    ('T1 [ms]', 'M0 (partial)')
    """
    return (f"{name} [{unit}]" if unit else name) + " (partial)" * partial


def reason_name(name: str) -> str:
    """Return the name of the layer that says why a map has no value."""
    return f"{name} reason"


def uncertainty_name(name: str) -> str:
    """Return the layer name of the half-width of a map's interval."""
    return f"{name} ± [ms]"


def synthesised(contrast: str) -> str:
    """Return the layer name of an image that the maps explain."""
    return f"{contrast} synthesised"


def difference(contrast: str) -> str:
    """Return the layer name of what a synthesised image is above the acquired one."""
    return f"{contrast} difference [a.u.]"


def registered(contrast: str) -> str:
    """Return the layer name of an image on the grid of T1w."""
    return f"{contrast} (on T1w)"
