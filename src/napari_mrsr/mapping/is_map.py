r"""Whether a scan is a map of a quantity, as T1 or T2, and not the signal that it was estimated from.

Signals of the tissues of a voxel add up, and everything that refines a scan relies on it: a thick slice is the mean of
thin ones. Relaxation times do not. Half a voxel of T2 = 40 ms and half of 400 ms decay together as neither, nor as
their mean 220 ms: read at TE = 50 ms,

.. math:: T_2 = -\mathrm{TE} / \ln \tfrac12 (e^{-50/40} + e^{-50/400}) = 93\ \mathrm{ms}.

So a map is not super-resolved. The weighted images are, and then mapped.
"""

from __future__ import annotations

import re

from napari_mrsr.contrast.from_names import file_name, texts
from napari_mrsr.errors import BadParameter
from napari_mrsr.scan import Scan

#: Quantities that are no signal, by how BIDS and people write them.
_QUANTITIES = "T1rho|T1|T2star|T2\\*|T2|R1rho|R1|R2star|R2\\*|R2|M0|PD|MTsat|MTR|ADC"
#: The end of a file's name (BIDS: ``sub-01_T1map``), and words in descriptions.
_SUFFIX = re.compile(rf"(?:^|[_\-])({_QUANTITIES})map(?:_sr)?$", re.IGNORECASE)
_WORDS = re.compile(rf"(?<![a-z0-9])({_QUANTITIES})[ _\-]?map(?![a-z])", re.IGNORECASE)
#: Units of relaxation times and rates.
_UNITS = ("ms", "s", "1/s", "Hz", "s^-1")


def map_of(scan: Scan) -> tuple[str, str] | None:
    """Return of what quantity a scan is a map, and what says so; None where it is none.

    Its own record is believed first, then its unit, then the end of its file's name. Descriptions are believed of one
    volume only, since many a series of echoes is called T2 map for what shall be made of it.

    Examples
    --------
    >>> import numpy as np
    >>> map_of(Scan(np.zeros((4, 4, 4)), np.eye(4), axis="map", quantity="T2", unit="ms"))
    ('T2', 'its values are T2 [ms]')
    >>> map_of(Scan(np.zeros((4, 4, 4)), np.eye(4))) is None
    True
    """
    unit = f" [{scan.unit}]" if scan.unit and scan.unit != "a.u." else ""
    if scan.axis == "map" or re.fullmatch(_QUANTITIES, scan.quantity):
        return scan.quantity, f"its values are {scan.quantity}{unit}"
    if scan.quantity == "signal" and scan.unit in _UNITS:
        return "a relaxation time or rate", f"its unit is {scan.unit}"
    for source in scan.sources[:1]:
        name = re.sub(r"(?:\.nii|\.nrrd|\.mha|\.hdr|\.dcm)?(?:\.gz)?$", "", file_name(source.path))
        found = _SUFFIX.search(name)
        if found:
            return found[1], f"its name ends in {found[1]}map"
    if scan.volumes == 1:
        kinds = scan.acquisition.others.get("ImageType") or ()
        kind = kinds if isinstance(kinds, str) else " ".join(map(str, kinds))
        for where, text in (("the image type", kind), *texts(scan)):
            found = _WORDS.search(text) if where != "the file" else None
            if found:
                return found[1], f'{where} is called "{text}"'
    return None


def check_is_signal(scan: Scan) -> None:
    """Refuse a map where signal is needed.

    Raises
    ------
    BadParameter
        The scan is a map of a quantity.
    """
    found = map_of(scan)
    if found is None:
        return
    quantity, why = found
    raise BadParameter(
        f"is a map of {quantity} and no signal ({why}): where tissues share a voxel it is not the mean of theirs",
        where=scan.where,
        remedy="super-resolve the weighted images, and map then",
    )
