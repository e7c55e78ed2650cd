"""The two echoes of DESS as the one image that most scanners show.

The root of the sum of squares, ``sqrt(S1^2 + S2^2)``: bright fluid from S2 over the anatomy of S1, as in the images
of the Osteoarthritis Initiative.
"""

from __future__ import annotations

from napari_mrsr.errors import EchoesNeeded
from napari_mrsr.physics.combined import root_sum_of_squares
from napari_mrsr.scan import Scan


def combined_dess(scan: Scan) -> Scan:
    """Return the root sum of squares of all echoes as one volume.

    Parameters
    ----------
    scan
        Two echoes or more on one intensity scale.

    Raises
    ------
    EchoesNeeded
        The scan has one volume.

    Examples
    --------
    >>> echoes = Scan(np.array([[[[3.0]]], [[[4.0]]]], np.float32), np.eye(4), axis="echo")
    >>> combined_dess(echoes).array.item()
    5.0
    """
    if scan.volumes < 2:
        raise EchoesNeeded(
            "has one volume, but the combined image needs both echoes",
            where=scan.where,
            remedy="open both echoes together",
        )
    array = root_sum_of_squares(scan.array)
    return scan.after("combined dess", array, axis="contrast", names=("combined",))
