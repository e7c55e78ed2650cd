"""Where a network runs."""

from __future__ import annotations

import torch

from napari_mrsr.errors import BadParameter

NAMES = ("auto", "cpu", "cuda")


def choose(name: str = "auto") -> torch.device:
    """Return the device of a name; ``"auto"`` is the GPU where there is one.

    Raises
    ------
    BadParameter
        No such device, or it is not in this machine.

    Examples
    --------
    >>> choose("cpu")
    device(type='cpu')
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, number = name.partition(":")
    if kind not in NAMES or (number and not number.isdigit()):
        raise BadParameter(f"device {name!r} is not one of {', '.join(NAMES)}", remedy="choose one of these")
    if kind == "cuda" and (not torch.cuda.is_available() or int(number or 0) >= torch.cuda.device_count()):
        raise BadParameter(f"device {name!r} is not in this machine", remedy="give --device cpu")
    return torch.device(name)


def free_memory(device: torch.device) -> int:
    """Return the bytes that can be had on a device now; a guess of 4 GiB where the system does not say."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        with open("/proc/meminfo") as lines:
            for line in lines:
                if line.startswith("MemAvailable"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 4 << 30


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error means that memory ran out, on a GPU or on the CPU."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(
        words in str(error).lower() for words in ("can't allocate memory", "not enough memory", "out of memory")
    )
