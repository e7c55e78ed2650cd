"""napari's reader: NIfTI and DICOM by drag and drop, File > Open or ``viewer.open``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_mrsr.app.layers import LayerData

PathOrPaths = str | list[str]


def get_reader(path: PathOrPaths) -> Callable[[PathOrPaths], list[LayerData]] | None:
    """Return the reader for a path, or None where it is not for this plugin: decided by the name alone."""
    paths = [path] if isinstance(path, str) else list(path)
    return read if paths and all(_is_ours(Path(p)) for p in paths) else None


def _is_ours(path: Path) -> bool:
    name = path.name.lower()
    return path.is_dir() or name.endswith((".nii", ".nii.gz", ".dcm", ".ima"))


def read(path: PathOrPaths) -> list[LayerData]:
    """Return the layers of a scan, or of a label map."""
    from napari_mrsr.app import layers
    from napari_mrsr.files import read_scan

    paths = [path] if isinstance(path, str) else list(path)
    scan = read_scan(list(paths))
    return layers.magnitude_layers(scan)
