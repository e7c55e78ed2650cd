r"""Where the parts of the knee lie: the scanner, and the frames of femur, tibia, patella and soft tissue.

Canonical scanner coordinates :math:`p` (x lateral) and body coordinates :math:`q` of a subject with rotation R, shift
s and size c:

    q = R^T (p - s) / c.

Flexion f about the transepicondylar axis turns the femur by +f/2, the tibia by -f/2 and the patella by -f/5; soft
tissue follows smoothly, by (f/2) tanh((z - 10) / 35), so that nothing tears.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_mrsr.phantoms.shapes import Array, Points
from napari_mrsr.phantoms.subject import Subject

#: The axis of flexion: y and z, mm.
HINGE = (-4.0, 24.0)


def _turn(y: Array, z: Array, angle: Array | float) -> tuple[Array, Array]:
    """Rotate about the hinge; a positive angle takes what is above it backwards."""
    c, s = np.cos(angle), np.sin(angle)
    y0, z0 = np.float32(HINGE[0]), np.float32(HINGE[1])
    u, v = y - y0, z - z0
    return (c * u - s * v + y0).astype(np.float32), (s * u + c * v + z0).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Frames:
    """The frames of one subject."""

    subject: Subject

    @property
    def scale(self) -> float:
        """Millimetres in the scanner per millimetre of the body, on average."""
        return float(self.subject.size.mean())

    def angle(self, part: str) -> float:
        """Return how far a part is turned about the hinge, rad."""
        flexion = float(np.deg2rad(self.subject.flexion))
        return {"femur": 0.5, "tibia": -0.5, "patella": -0.2, "body": 0.0}[part] * flexion

    def body(self, p: Points) -> Points:
        """Return scanner points in body coordinates before flexion."""
        m = (self.subject.rotation / self.subject.size[None, :]).astype(np.float32)
        u = [c - np.float32(s) for c, s in zip(p, self.subject.shift, strict=True)]
        x, y, z = (u[0] * m[0, n] + u[1] * m[1, n] + u[2] * m[2, n] for n in range(3))
        return x, y, z

    def into(self, part: str, q: Points) -> Points:
        """Return body points in the frame of a bone."""
        y, z = _turn(q[1], q[2], -self.angle(part))
        return q[0], y, z

    def into_soft(self, q: Points) -> Points:
        """Return body points in the frame of the soft tissue, which bends with the joint."""
        half = np.float32(np.deg2rad(self.subject.flexion) / 2)
        y, z = _turn(q[1], q[2], -half * np.tanh((q[2] - np.float32(10)) / np.float32(35)))
        return q[0], y, z

    def out_of(self, part: str, knots: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return points ``(n, 3)`` of a bone's frame in scanner coordinates."""
        x, y, z = np.atleast_2d(np.asarray(knots, dtype=np.float64)).T
        c, s = np.cos(self.angle(part)), np.sin(self.angle(part))
        u, v = y - HINGE[0], z - HINGE[1]
        q = np.stack([x, c * u - s * v + HINGE[0], s * u + c * v + HINGE[1]])
        return np.asarray((self.subject.rotation @ (q * self.subject.size[:, None])).T + self.subject.shift)
