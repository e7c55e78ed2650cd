"""Trained dictionaries on disk: safetensors, read and checked like a network's weights, without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from napari_mrsr.errors import BadParameter, UnknownMethod, WeightsCorrupt
from napari_mrsr.interpolation.dictionaries import AnchoredRegression, SparseCoding
from napari_mrsr.networks import registry

#: Methods whose parameters are a dictionary, by the architecture that their header names.
ARCHITECTURES: dict[str, type[AnchoredRegression] | type[SparseCoding]] = {
    "aplus": AnchoredRegression,
    "scsr": SparseCoding,
}
Dictionary = AnchoredRegression | SparseCoding


def is_dictionary(which: str | Path) -> bool:
    """Tell whether a shipped method, or a file of a user's own, is a dictionary; a file without weights is none."""
    if isinstance(which, Path):
        return kind_of(which) == "dictionary"
    return registry.find(which).kind == "dictionary"


def kind_of(path: Path) -> Literal["dictionary", "network"]:
    """Return the kind of a file of weights by its header; what cannot be read is refused later, as a network."""
    try:
        header = registry.read_header(path)
    except (OSError, WeightsCorrupt):
        return "network"
    return "dictionary" if header.get("architecture") in ARCHITECTURES else "network"


def load(which: str | Path) -> Dictionary:
    """Load a dictionary.

    Parameters
    ----------
    which
        Name of a shipped method, or a safetensors file.

    Raises
    ------
    UnknownMethod
        The method is no dictionary.
    WeightsMissing, WeightsCorrupt, UnsafeWeights
        As :func:`napari_mrsr.networks.registry.load` says.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as parse

    sha256 = None
    path = which
    if isinstance(path, str):
        method = registry.find(path)
        if method.kind != "dictionary" or method.file is None:
            raise UnknownMethod(
                f"{which} is not a dictionary: it is a {method.kind} method",
                remedy='choose a dictionary method such as "aplus"',
            )
        path, sha256 = method.file, method.sha256
    content = registry.read_weights(path, sha256=sha256)
    architecture = registry.read_header(path).get("architecture", "")
    if architecture not in ARCHITECTURES:
        raise UnknownMethod(f"no dictionary {architecture!r}", where=path, remedy="use a file made by train")
    try:
        return ARCHITECTURES[architecture].from_arrays(parse(content))
    except (SafetensorError, KeyError, ValueError, BadParameter) as error:
        raise WeightsCorrupt(f"does not hold a dictionary ({error})", where=path, remedy="get it again") from error


def save(dictionary: Dictionary, path: Path, *, method: str) -> Path:
    """Write a dictionary with what is needed to read it again."""
    from safetensors.numpy import save_file

    temporary = path.with_name(path.name + ".new")
    save_file(dictionary.arrays(), temporary, metadata={"architecture": method, "settings": "{}"})
    temporary.replace(path)
    return path
