"""Arrays of float32 as JSON can hold them: pictures and probes that a study keeps beside its scores."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def pack(values: Floats) -> dict[str, Any]:
    """Return an array as JSON can hold it."""
    data = np.ascontiguousarray(values, "<f4")
    return {"shape": list(data.shape), "float32": base64.b64encode(data.tobytes()).decode("ascii")}


def unpack(content: Mapping[str, Any]) -> Floats:
    """Return the array that :func:`pack` took."""
    data = np.frombuffer(base64.b64decode(content["float32"]), "<f4")
    return data.reshape(content["shape"]).astype(np.float32)
