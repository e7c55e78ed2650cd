"""Maps as layers: T2, differences, SSIM and trust, coloured, with a colour bar, NaN transparent."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from napari_mrsr.app import display, layers
from napari_mrsr.app.compare.comparing import Comparison, t2_difference
from napari_mrsr.mapping.reasons import REASON_TEXTS
from napari_mrsr.scan import Scan

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_mrsr.app.viewing import View
    from napari_mrsr.mapping import T2Map
    from napari_mrsr.superres import Trust

#: Whose T2 maps there may be; they share their limits.
T2_ROLES = ("acquired", "thick", "SR")

#: Roles of layers that are maps.
ROLES = (
    "t2", "t2_sigma", "reason", "difference", "ssim", "trust", "combined", "thickness",
    "brain_map", "brain_reason", "brain_uncertainty", "synthesis_difference",
)  # fmt: skip


class MapLayers:
    """Shows the maps of a session in a view; all are hidden until asked for.

    Parameters
    ----------
    view
        The view whose session makes the maps.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        view.session.mapped.connect(self._show_map)
        view.session.compared.connect(self._show_comparison)
        view.session.trusted.connect(self._show_trust)

    def found(self) -> list[Layer]:
        """Return the layers of maps, from bottom to top."""
        return [la for la in self.view.viewer.layers if la.metadata.get("mrsr", {}).get("role") in ROLES]

    def show(self, name: str, shown: bool) -> None:
        """Show or hide a map; one that is shown comes to lie above the pictures that are seen, which would hide it."""
        from napari.layers import Image

        layer = self.view.layer(name)
        if layer is None:
            return
        stack, maps = self.view.viewer.layers, self.found()
        pictures = [n for n, la in enumerate(stack) if la.visible and la not in maps and isinstance(la, Image)]
        if shown and pictures and stack.index(layer) < pictures[-1]:
            stack.move(stack.index(layer), pictures[-1] + 1)
        layer.visible = shown

    def recolour(self) -> None:
        """Give the T2 maps the colours and the limit that are preferred now."""
        wanted = self.view.preferences
        for layer in filter(None, map(self.view.layer, map(display.t2, T2_ROLES))):
            layer.colormap = display.colormap(wanted.t2_colormap)
            layer.contrast_limits_range = (0.0, max(display.T2_RANGE[1], wanted.t2_max_ms))
            layer.contrast_limits = (0.0, wanted.t2_max_ms)

    def show_combined(self) -> None:
        """Show the single-contrast DESS image, acquired and super-resolved, in one window; one echo gives a banner."""
        from napari_mrsr.mapping import combined_dess

        session = self.view.session
        if session._is_series("the combined image of DESS"):
            return
        scans = {"acquired": session.scan, "SR": session.result.scan if session.result is not None else None}
        window = None
        for role, scan in scans.items():
            found = None if scan is None else session.attempt(partial(combined_dess, scan))
            if found is None:
                continue
            window = window or display.window(found.array[0])
            (data,) = layers.magnitude_layers(
                found,
                role="combined",
                names=[display.combined(role)],
                windows=[window],
                frame=self.view.frame_for(found),
            )
            self.view.put(data, visible=False)

    def _show_map(self, role: str, found: T2Map) -> None:
        wanted = self.view.preferences
        data = layers.map_layer(
            found.map,
            display.t2(role),
            role="t2",
            colormap=wanted.t2_colormap,
            limits=(0.0, wanted.t2_max_ms),
            frame=self.view.frame_for(found.map),
        )
        layer = self.view.put(data, visible=False)
        layer.contrast_limits_range = (0.0, max(display.T2_RANGE[1], wanted.t2_max_ms))
        layer.contrast_limits = (0.0, wanted.t2_max_ms)
        layer.colorbar.visible = True
        self._link_maps()
        if found.sigma is not None:
            name = display.t2_sigma(role)
            self.put(found.sigma, name, "t2_sigma", "magma", display.T2_SIGMA_LIMITS)
        texts = {int(reason): text for reason, text in REASON_TEXTS.items()}
        reasons = layers.reason_layer(
            found.reason, display.t2_reason(role), texts, frame=self.view.frame_for(found.reason)
        )
        self.view.put(reasons, visible=False).locked = True
        if role == "SR" and "acquired" in self.view.session.maps:
            self._show_t2_difference()

    def _link_maps(self) -> None:
        from napari.experimental import link_layers

        shown = [la for la in map(self.view.layer, map(display.t2, T2_ROLES)) if la is not None]
        if len(shown) > 1:
            link_layers(shown, ("contrast_limits", "gamma", "colormap"))

    def _show_t2_difference(self) -> None:
        scan = self.view.session.attempt(
            lambda: t2_difference(self.view.session.maps["acquired"].map, self.view.session.maps["SR"].map)
        )
        if scan is not None:
            limits = display.symmetric(scan.array, at_least=10.0)
            self.put(scan, display.t2_difference(), "difference", "coolwarm", (max(limits[0], -20), min(limits[1], 20)))

    def _show_comparison(self, comparison: Comparison) -> None:
        for n, name in enumerate(comparison.difference.names):
            size = comparison.difference.volume(n)
            limits = (0.0, max(display.percentiles(size.array, (99.5,))[0], 1e-6))
            figures = dict(comparison.figures.get(name, {}))
            self.put(size, display.difference(name), "difference", "magma", limits, figures=figures)
            ssim = comparison.ssim.volume(n)
            self.put(ssim, display.ssim(name), "ssim", "gray", (0.0, 1.0), figures=figures)

    def _show_trust(self, trust: Trust) -> None:
        for n, name in enumerate(trust.added.names):
            added = trust.added.volume(n)
            self.put(added, f"{name} added by SR [a.u.]", "trust", "coolwarm", display.symmetric(added.array))
        for n, name in enumerate(trust.z.names):
            self.put(trust.z.volume(n), f"{name} misfit z [sigma]", "trust", "coolwarm", (-5.0, 5.0))
        if trust.interval is not None:
            part = trust.summary.get("interval_coverage", 0.9)
            for n, name in enumerate(trust.interval.names):
                width = trust.interval.volume(n)
                limits = (0.0, max(display.percentiles(width.array, (99.5,))[0], 1e-6))
                self.put(width, display.interval(name, part), "trust", "viridis", limits)
        if trust.t2_difference is not None:
            name = "T2 re-thickened - acquired [ms]"
            self.put(trust.t2_difference, name, "trust", "coolwarm", (-10.0, 10.0))

    def put(
        self, scan: Scan, name: str, role: layers.Role, colormap: str, limits: tuple[float, float], **about: Any
    ) -> Layer:
        """Show a map with its colour bar, hidden until asked for."""
        data = layers.map_layer(
            scan, name, role=role, colormap=colormap, limits=limits, frame=self.view.frame_for(scan), **about
        )
        layer = self.view.put(data, visible=False)
        layer.colorbar.visible = True
        return layer
