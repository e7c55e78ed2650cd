"""The layers of a mapped brain, made and put into a viewer; all but T1 are hidden until they are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from napari_mrsr.app import display, layers
from napari_mrsr.app.brain_maps import looks
from napari_mrsr.app.brain_maps.choices import MAPS, BrainResult, BrainSettings
from napari_mrsr.app.brain_maps.under_mouse import say_values
from napari_mrsr.mapping.reasons import REASON_TEXTS
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_mrsr.app.viewing import View
    from napari_mrsr.mapping.brain import BrainMaps

#: Limits, and how far their sliders reach; those of M0 are found when it is known.
_LIMITS = {
    "T1": (looks.T1_LIMITS, looks.T1_RANGE),
    "T2": (looks.T2_LIMITS, looks.T2_RANGE),
    "M0": ((0.0, 2.0), (0.0, 10.0)),
}


def registered(view: View, result: BrainResult, titles: Mapping[str, str]) -> dict[str, str]:
    """Put what was brought onto the grid of T1w; return the layers that synthesised images are held against now."""
    found = {}
    for name, scan in result.registered.items():
        acquired = view.layer(titles.get(name, ""))
        windows = None if acquired is None else [tuple(acquired.contrast_limits)]
        (data,) = layers.magnitude_layers(
            scan,
            role=looks.REGISTERED,
            names=[looks.registered(name)],
            frame=view.frame_for(scan),
            windows=windows,  # type: ignore[arg-type]
        )
        view.put(data, visible=False)
        found[name] = looks.registered(name)
    return found


def map_of(view: View, scan: Scan) -> Layer:
    """Put T1, T2 or M0."""
    name = scan.names[0]
    limits, reach = _LIMITS[name]
    data = layers.map_layer(
        scan,
        looks.map_name(name, scan.unit),
        role=looks.MAP,
        colormap=looks.COLOURS[name],
        limits=limits,
        frame=view.frame_for(scan),
    )
    layer = view.put(data, visible=False)
    layer.contrast_limits_range = reach
    layer.contrast_limits = limits
    layer.colorbar.visible = True
    return layer


def finished_maps(view: View, result: BrainResult) -> None:
    """Put the maps with their reasons in the place of what grew; windows that a person has set stay."""
    maps = result.maps
    if maps is None:
        return
    for scan, (name, unit) in zip((maps.t1, maps.t2, maps.m0), MAPS, strict=True):
        about = {"done": round(result.share, 4), "seconds": round(result.seconds, 2), **_settings(result.settings)}
        layer = view.layer(looks.map_name(name, unit)) or map_of(view, scan)
        layer.data = view.frame_for(scan).to_screen(scan.array[0])
        layer.metadata = layers.metadata(scan, looks.MAP, **about)
        layer.name = looks.map_name(name, unit, partial=result.partial)
        if name == "M0":
            (high,) = display.percentiles(scan.array, (looks.M0_PERCENTILE,))
            layer.contrast_limits = (0.0, high if high > 0 else 1.0)
        reason = {"T1": maps.t1_reason, "T2": maps.t2_reason}.get(name)
        if reason is not None and not result.partial:
            say_values(layer, view.frame_for(reason).to_screen(reason.array[0]), unit)
        for copy in view.layouts.planes.copies(layer):
            copy.refresh()


def _settings(settings: BrainSettings) -> dict[str, Any]:
    typed = {f"{entry} of {name}": value for (name, entry), value in settings.typed.items()}
    own = settings.which
    return {"weights": own if isinstance(own, str) else own.name, "plane": settings.plane, "typed": typed}


def reasons(view: View, maps: BrainMaps) -> None:
    """Put why T1 and T2 have no value."""
    texts = {int(reason): text for reason, text in REASON_TEXTS.items()}
    for name, scan in (("T1", maps.t1_reason), ("T2", maps.t2_reason)):
        data = layers.reason_layer(scan, looks.reason_name(name), texts, frame=view.frame_for(scan))
        data[1]["metadata"]["mrsr"]["role"] = looks.REASON
        view.put(data, visible=False).locked = True


def uncertainty(view: View, maps: BrainMaps) -> None:
    """Put within what T1 and T2 are right, where it was asked for."""
    for name, scan in (("T1", maps.t1_uncertainty), ("T2", maps.t2_uncertainty)):
        if scan is not None:
            title, limits = looks.uncertainty_name(name), looks.UNCERTAIN[name]
            _coloured(view, scan, title, looks.UNCERTAINTY, "magma", limits)


def synthesised(view: View, contrast: str, scan: Scan, acquired: Layer | None) -> None:
    """Put an image that the maps explain in the window of the acquired one."""
    window = display.window(scan.array) if acquired is None else tuple(acquired.contrast_limits)
    (data,) = layers.magnitude_layers(
        scan,
        role=looks.SYNTHESISED,
        names=[looks.synthesised(contrast)],
        frame=view.frame_for(scan),
        windows=[window],
        contrast=contrast,
    )
    layer = view.put(data, visible=False)
    if acquired is not None:
        layer.contrast_limits_range = acquired.contrast_limits_range
        layer.contrast_limits = window


def linked(view: View, titles: Mapping[str, str]) -> None:
    """Keep the windows of acquired and synthesised images together, of those that are on the screen."""
    from napari.experimental import link_layers

    for contrast, title in titles.items():
        acquired, layer = view.layer(title), view.layer(looks.synthesised(contrast))
        if acquired is not None and layer is not None:
            link_layers([acquired, layer], ("contrast_limits", "gamma"))


def differences(view: View, maps: BrainMaps) -> None:
    """Put what synthesised images are above the acquired ones."""
    for contrast, scan in maps.difference.items():
        title, limits = looks.difference(contrast), display.symmetric(scan.array)
        about = {"misfit_percent": maps.misfit.get(contrast)}
        _coloured(view, scan, title, looks.DIFFERENCE, display.DARK_DIFFERENCE, limits, **about)


def _coloured(
    view: View, scan: Scan, title: str, role: layers.Role, colormap: str, limits: tuple[float, float], **about: Any
) -> None:
    data = layers.map_layer(
        scan, title, role=role, colormap=colormap, limits=limits, frame=view.frame_for(scan), **about
    )
    view.put(data, visible=False).colorbar.visible = True
