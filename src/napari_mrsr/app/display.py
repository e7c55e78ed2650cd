"""How layers are called, coloured and windowed.

Colours follow the recommendation of the relaxometry community: navia for T2, lipari for T1 (Fuderer et al., Magn Reson
Med 2025;93:1000, "Color-map recommendation for MR relaxometry maps"), taken from cmcrameri. NaN is transparent: where
there is no T2 the picture below is seen. Limits of a magnitude are percentiles of what was ACQUIRED, and the
super-resolved layer shares them, so that no difference on the screen comes from the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from napari.utils import Colormap, CyclicLabelColormap

#: Upper limit of a cartilage T2 map, ms (the bound of DOSMA), and how far its slider reaches.
T2_LIMITS = (0.0, 80.0)
T2_RANGE = (0.0, 200.0)

#: Limits of the standard deviation of T2 from noise, ms.
T2_SIGMA_LIMITS = (0.0, 10.0)

#: Percentiles of the acquired magnitude shown black and white.
MAGNITUDE_PERCENTILES = (1.0, 99.5)

#: Colours of a signed difference that stands beside grey pictures: black where nothing differs.
DARK_DIFFERENCE = "berlin"

#: What the layers of frames over time are called.
SERIES = "series"

#: Colours of painted regions, from label 1 on and round again: the "vibrant" scheme of P. Tol (Colour schemes, SRON
#: technical note SRON/EPS/TN/09-002, 2021), told apart by the colour-blind. Magenta first: over grey it does not turn
#: brown, as orange does, and it is not among the colours of the T2 map.
REGIONS = ("#ee3377", "#33bbee", "#ee7733", "#0077bb", "#009988", "#cc3311")

#: Voxels looked at to find a percentile: more would not change a window anyone can see.
SAMPLE = 400_000


def acquired(name: str) -> str:
    """Return the layer name of an acquired volume."""
    return f"{name} (acquired)"


def series(axis: str) -> str:
    """Return what the layer of many volumes is called before the parenthesis: a series over time, or its axis."""
    return SERIES if axis == "time" else axis


def thick(name: str, factor: int) -> str:
    """Return the layer name of a volume whose thick slices were simulated."""
    return f"{name} (thick slices x{factor})"


def super_resolved(name: str, factor: int, method: str, *, partial: bool = False) -> str:
    """Return the layer name of a super-resolved volume."""
    return f"{name} SR x{factor} [{method}]" + (" (partial)" if partial else "")


def t2(role: str) -> str:
    """Return the layer name of a T2 map; role is ``"acquired"``, ``"thick"`` or ``"SR"``."""
    return f"T2 [ms] ({role})"


def t2_sigma(role: str) -> str:
    """Return the layer name of the standard deviation that noise alone gives a T2 map."""
    return f"sigma T2 [ms] ({role})"


def t2_reason(role: str) -> str:
    """Return the name of the layer that says why a T2 map has no value."""
    return f"T2 reason ({role})"


def combined(role: str) -> str:
    """Return the layer name of the single-contrast DESS image."""
    return f"DESS combined ({role})"


def t2_difference() -> str:
    """Return the layer name of the T2 difference."""
    return "dT2 [ms] SR-acq"


def difference(name: str) -> str:
    """Return the layer name of an absolute difference from the reference."""
    return f"{name} |diff| SR-ref [a.u.]"


def ssim(name: str) -> str:
    """Return the layer name of an SSIM map."""
    return f"{name} SSIM SR vs ref [0..1]"


def interval(name: str, coverage: float) -> str:
    """Return the layer name of the half-width of a calibrated interval."""
    return f"{name} interval ({coverage:.0%}) half-width [a.u.]"


def percentiles(array: npt.NDArray[Any], at: Sequence[float]) -> tuple[float, ...]:
    """Return percentiles of the finite values, from an even sample of them."""
    flat = array.ravel(order="K")
    flat = flat[:: max(1, flat.size // SAMPLE)]
    flat = flat[np.isfinite(flat)]
    if flat.size == 0:
        return tuple(0.0 for _ in at)
    return tuple(float(v) for v in np.percentile(flat, at))


def window(array: npt.NDArray[Any]) -> tuple[float, float]:
    """Return the black and white point of an acquired magnitude."""
    low, high = percentiles(array, MAGNITUDE_PERCENTILES)
    return (low, high) if high > low else (low, low + 1.0)


def full_range(array: npt.NDArray[Any], limits: tuple[float, float]) -> tuple[float, float]:
    """Return how far the window's slider reaches: all values, and never less than the window."""
    low, high = percentiles(array, (0.0, 100.0))
    return min(low, limits[0], 0.0), max(high, limits[1])


def symmetric(array: npt.NDArray[Any], *, at_least: float = 0.0) -> tuple[float, float]:
    """Return limits of a signed difference: plus and minus the 99th percentile of its size."""
    (k,) = percentiles(np.abs(array), (99.0,))
    k = max(k, at_least) or 1.0
    return -k, k


def colormap(name: str) -> Colormap:
    """Return a napari colour map by name, cmcrameri's among them, with NaN transparent."""
    from napari.utils import Colormap
    from napari.utils.colormaps import ensure_colormap

    transparent = (0.0, 0.0, 0.0, 0.0)
    if name in ("navia", "lipari", DARK_DIFFERENCE):
        import cmcrameri.cm

        colours = getattr(cmcrameri.cm, name)(np.linspace(0.0, 1.0, 256))
        return Colormap(colours, name=name, nan_color=transparent)
    if name == "coolwarm":
        import matplotlib as mpl

        return Colormap(mpl.colormaps["coolwarm"](np.linspace(0.0, 1.0, 256)), name=name, nan_color=transparent)
    known = ensure_colormap(name)
    return Colormap(known.colors, controls=known.controls, name=known.name, nan_color=transparent)


def region_colours() -> CyclicLabelColormap:
    """Return the colours of painted regions (:data:`REGIONS`); label 0 is transparent."""
    from napari.utils import CyclicLabelColormap
    from napari.utils.colormaps.standardize_color import transform_color

    return CyclicLabelColormap(colors=np.vstack([np.zeros(4), transform_color(list(REGIONS))]))
