r"""DESS without its fluid: a picture to paint cartilage on.

.. math:: F = S_1 - \beta S_2

Fluid gives nearly as much signal in the second echo as in the first, cartilage a third of it: with :math:`\beta = 1.2`
(DOSMA, ``qdess.py``) fluid falls to zero and below while cartilage keeps six tenths. Where they touch, at the surface,
:math:`S_1` shows two bright neighbours and :math:`F` an edge. Negative values are kept: they are fluid.
"""

from __future__ import annotations

import numpy as np

from napari_mrsr.errors import EchoesNeeded
from napari_mrsr.scan import Scan

#: DOSMA's factor of the second echo.
BETA = 1.2


def fluid_suppressed(scan: Scan, *, beta: float = BETA) -> Scan:
    """Return the first echo minus ``beta`` times the second, one volume.

    Parameters
    ----------
    scan
        Two echoes or more of DESS on one intensity scale.
    beta
        Factor of the second echo.

    Raises
    ------
    EchoesNeeded
        The scan has one volume, or its volumes are no echoes.

    Examples
    --------
    >>> echoes = Scan(np.array([[[[100.0]]], [[[90.0]]]], np.float32), np.eye(4), axis="echo", names=("S1", "S2"))
    >>> round(fluid_suppressed(echoes).array.item(), 3)
    -8.0
    """
    if scan.volumes < 2 or scan.axis != "echo":
        raise EchoesNeeded("has one echo; the fluid-suppressed view needs both", where=scan.where, remedy="open both")
    array = np.multiply(scan.array[1], np.float32(-beta), dtype=np.float32)
    array += scan.array[0]
    return scan.volume(0).after(
        "suppress fluid", array, parameters={"beta": beta}, axis="contrast", names=("fluid-suppressed",)
    )
