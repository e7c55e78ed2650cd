r"""What a scan says along its own slices: made thicker once more, they are themselves the truth of a coarser task.

In-plane detail teaches (:mod:`.own_slices`), and held-out in-plane detail judges. Both are silent where anatomy looks
different along the slices: what is learned in plane may be wrong between them, and no place in plane shows it. What
lies between the slices is not known, but the slices are. Made d times thicker by the published FIR, a network can be
asked for them again:

.. math:: g_\parallel = 10 \log_{10} (\mathrm{MSE}_\mathrm{trained} / \mathrm{MSE}_\mathrm{adapted}),

a task along the right axis, of structures d times larger than the ones wanted. It is a veto, not a goal: a network that
gets worse here has no claim to be better between the slices, while one that gets better here may still not be. It errs
towards keeping the network as it was (``docs/results/adapt_checks.md``).

The slices are those that teach in plane too, but along this axis no patch was ever made thick.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_mrsr.scan import Scan

Array = npt.NDArray[np.float32]

#: Fewest slices after they were made thicker; with fewer, little but the ends would be judged.
LEAST_THICK = 4
#: Slices at most, before they are made thicker, and thick voxels, all volumes together.
MOST_SLICES, VOXELS = 96, 75_000


def acquired_slices(scan: Scan, axis: int, factor: int) -> Array | None:
    """Return the middle of the acquired slices, to be made thicker and found again.

    Parameters
    ----------
    scan
        On the scale on which networks work.
    axis
        The axis to be super-resolved later.
    factor
        How many times finer it shall become.

    Returns
    -------
    ndarray
        Shape ``(echo, i, j, k)``, the slice axis last and a multiple of ``factor``; None where there are too few
        slices.

    Examples
    --------
    >>> scan = Scan(np.zeros((2, 200, 300, 21), np.float32), np.eye(4))
    >>> acquired_slices(scan, 2, 2).shape
    (2, 61, 61, 20)
    >>> acquired_slices(scan, 2, 6) is None
    True
    """
    thick = min(scan.shape[axis], MOST_SLICES) // factor
    if thick < LEAST_THICK:
        return None
    turned = np.moveaxis(scan.array, axis + 1, 3)
    side = int(np.sqrt(VOXELS / (thick * scan.volumes)))
    where = []
    for n, wanted in zip(turned.shape[1:], (side, side, factor * thick), strict=True):
        size = min(n, wanted)
        where.append(slice((n - size) // 2, (n - size) // 2 + size))
    return np.ascontiguousarray(turned[(slice(None), *where)], dtype=np.float32)
