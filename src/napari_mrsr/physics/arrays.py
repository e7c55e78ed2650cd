"""One formula for numpy and for torch.

Signal models are used on maps (numpy), and inside training (torch, with gradients). Both libraries call the elementary
functions alike, so that a formula needs only the module that fits its arguments: torch if one of them is a tensor,
else numpy. torch is never imported here: where a tensor is, torch has been imported already.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from napari_mrsr.physics.dess import as_floats

#: A numpy array, a torch tensor or a number. Neither library's type can be named here without importing torch.
Values = Any


def alike(*values: Values) -> tuple[Any, tuple[Any, ...]]:
    """Return the module to compute with, and the values as its arrays, of one floating type on one device.

    Plain numbers follow the precision of the arrays. T1 and T2, the first two, are checked in numpy; tensors are not,
    because a check would wait for the accelerator in every step of training: there a T1 or T2 of 0 or less gives a
    signal or a gradient that is not a number.

    Raises
    ------
    BadParameter
        T1 or T2 is not positive everywhere (numpy).

    Examples
    --------
    >>> module, (t1, t2, m0) = alike(np.array([800.0, 1300.0], np.float32), 70.0, 1.0)
    >>> module.__name__, t2.dtype.name, m0.dtype.name
    ('numpy', 'float32', 'float32')
    """
    torch: Any = sys.modules.get("torch")
    tensors = [value for value in values if isinstance(value, torch.Tensor)] if torch is not None else []
    if not tensors:
        return np, as_floats(*values)
    kind = tensors[0].dtype
    for tensor in tensors[1:]:
        kind = torch.promote_types(kind, tensor.dtype)
    if not kind.is_floating_point:
        kind = torch.get_default_dtype()
    device = tensors[0].device
    return torch, tuple(torch.as_tensor(value, dtype=kind, device=device) for value in values)
