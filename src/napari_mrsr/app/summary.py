"""What a person wants to read about a scan at a glance."""

from __future__ import annotations

from pathlib import Path

from napari_mrsr.app.frame import PLANES, obliquity, plane_of
from napari_mrsr.scan import Scan


def summary(scan: Scan) -> list[tuple[str, str]]:
    """Return facts of a scan as (name, text), most wanted first; what the header does not say is left out.

    Examples
    --------
    >>> summary(Scan(np.zeros((2, 8, 8, 4)), np.diag([0.4, 0.4, 1.4, 1]), names=("S1", "S2")))[1]
    ('Matrix', '8 x 8 x 4, 0.4 x 0.4 x 1.4 mm')
    """
    a = scan.acquisition
    size = " x ".join(str(n) for n in scan.shape)
    spacing = " x ".join(f"{s:.3g}" for s in scan.spacing)
    names = ", ".join(scan.names) if scan.volumes <= 4 else f"{scan.volumes} volumes"
    title = a.series_description or (Path(scan.where).name if scan.where else "simulated")
    facts = [("Scan", f"{title} ({names})"), ("Matrix", f"{size}, {spacing} mm")]
    angle = obliquity(scan)
    plane = PLANES[plane_of(scan)] + (f", oblique by {angle:.1f}°" if angle >= 0.5 else "")
    facts.append(("Slices", plane))
    timing = []
    if a.repetition_time is not None:
        timing.append(f"TR {a.repetition_time:.4g} ms")
    if a.echo_times:
        timing.append("TE " + ", ".join(f"{t:.4g}" for t in a.echo_times) + " ms")
    if a.flip_angle is not None:
        timing.append(f"flip {a.flip_angle:.3g}°")
    if timing:
        facts.append(("Timing", ", ".join(timing)))
    scanner = " ".join(t for t in (a.manufacturer, a.model) if t)
    if a.field_strength is not None:
        scanner = f"{scanner} {a.field_strength:.2g} T".strip()
    if scanner:
        facts.append(("Scanner", scanner))
    return facts
