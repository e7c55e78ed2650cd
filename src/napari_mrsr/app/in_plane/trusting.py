"""What a result in plane added to the scan, and where it left the centre of k-space that was measured: as layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_mrsr.app import display
from napari_mrsr.app.events import Event, Progress, Told
from napari_mrsr.app.in_plane.choices import PlaneResult, layer_name
from napari_mrsr.app.jobs import Stop
from napari_mrsr.errors import MissingParameter

if TYPE_CHECKING:
    from napari_mrsr.app.in_plane.showing import InPlane
    from napari_mrsr.trust.plane_decomposition import PlaneTrust

#: What the session calls the job.
JOB = "Trust in plane"
#: Limits of the misfit, standard deviations of the noise.
Z_LIMITS = (-5.0, 5.0)


class PlaneTrusting:
    """Trust in the results of one scan.

    Parameters
    ----------
    in_plane
        Where these are made.

    Attributes
    ----------
    found
        What is known of each result, by what was done.
    """

    changed = Signal(object)  # the PlaneResult that was judged, or None: nothing is known any more

    def __init__(self, in_plane: InPlane) -> None:
        self.in_plane = in_plane
        self.view = in_plane.view
        self.found: dict[str, PlaneTrust] = {}
        in_plane.began.connect(self._made_again)

    def forget(self) -> None:
        """Let go of all: another scan was opened."""
        self.found = {}
        self.changed.emit(None)

    def shown(self) -> PlaneResult:
        """Return the result that is seen, or else the latest.

        Raises
        ------
        MissingParameter
            There is none, or it was stopped before the end.
        """
        results = list(self.in_plane.results.values())
        if not results:
            raise MissingParameter(
                "there is no sharpened scan to judge", remedy="press Run in the section Sharpen in plane first"
            )
        seen = [layer.name for layer in self.view.viewer.layers if layer.visible]
        result = next((one for one in reversed(results) if set(one.names) & set(seen)), results[-1])
        if result.partial or result.share < 1:
            raise MissingParameter(f"{result.key} is not complete", remedy="run it to the end first")
        return result

    def find(self) -> None:
        """Find in the background what the result on the screen added, and where it disagrees with what was measured."""
        result = self.view.session.attempt(self.shown)
        if result is None:
            return

        def job(_stop: Stop) -> Iterator[Event]:
            from napari_mrsr.trust.plane_decomposition import trust_in_plane

            yield Progress(0.0, f"{result.key}: trust")
            yield Told(self._take, (result, trust_in_plane(result.source, result.scan)))

        self.view.session._start(JOB, job)

    def _take(self, told: tuple[PlaneResult, PlaneTrust]) -> None:
        result, trust = told
        if self.in_plane.results.get(result.key) is result and self.view.is_open:
            self.show(result, trust)

    # -- layers -----------------------------------------------------------------------------------------
    def names(self, result: PlaneResult) -> list[tuple[str, str]]:
        """Return the names of the two layers of each volume."""
        both = (f"added by {result.key}", f"misfit z of {result.key}")
        found = [[layer_name(result.scan, volume, what) for what in both] for volume in result.scan.names]
        return [(f"{added} [a.u.]", f"{z} [sigma]") for added, z in found]

    def show(self, result: PlaneResult, trust: PlaneTrust) -> None:
        """Show what is known of a result, hidden until asked for, as every map is."""
        self.found[result.key] = trust
        for n, (added, z) in enumerate(self.names(result)):
            more, misfit = trust.added.volume(n), trust.z.volume(n)
            self.view.maps.put(more, added, "trust", "coolwarm", display.symmetric(more.array))
            self.view.maps.put(misfit, z, "trust", "coolwarm", Z_LIMITS)
        self.changed.emit(result)

    def _made_again(self, result: PlaneResult) -> None:
        self.view.remove(name for both in self.names(result) for name in both)
        if self.found.pop(result.key, None) is not None:
            self.changed.emit(None)


def in_words(trust: PlaneTrust) -> str:
    """Return a line for each volume: how much was added, and how much of it disagrees with what was measured.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> row = {"added_percent": 2.34, "z_sd": 1.2, "z_large_percent": 0.9, "z_expected_percent": 0.27, "noise": 5.0}
    >>> in_words(SimpleNamespace(summary={"volumes": {"T2w": row}}))
    'added 2.3 % of the scale (root mean square); misfit beyond 3 sigma in 0.9 % of voxels (0.27 % by chance)'
    """
    rows = trust.summary["volumes"]
    lines = []
    for name, row in rows.items():
        line = f"added {row['added_percent']:.1f} % of the scale (root mean square); "
        if row["noise"] > 0:
            by_chance = f"{row['z_expected_percent']:g} % by chance"
            line += f"misfit beyond 3 sigma in {row['z_large_percent']:.1f} % of voxels ({by_chance})"
        else:
            line += "no noise was found, so that no misfit can be told"
        lines.append(line if len(rows) == 1 else f"{name}: {line}")
    return "\n".join(lines)
