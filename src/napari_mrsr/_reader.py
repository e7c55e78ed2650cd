"""napari's reader: NIfTI, DICOM and saved reviews by drag and drop, File > Open or ``viewer.open``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_mrsr.app.layers import LayerData

#: Words in the name of a file of labels.
LABEL_WORDS = ("label", "roi", "seg", "mask")

PathOrPaths = str | list[str]


def get_reader(path: PathOrPaths) -> Callable[[PathOrPaths], list[LayerData]] | None:
    """Return the reader for a path, or None where it is not for this plugin: decided by the name alone."""
    paths = [path] if isinstance(path, str) else list(path)
    return read if paths and all(_is_ours(Path(p)) for p in paths) else None


def _is_ours(path: Path) -> bool:
    name = path.name.lower()
    return path.is_dir() or name.endswith((".nii", ".nii.gz", ".dcm", ".ima")) or name == "review.json"


def read(path: PathOrPaths) -> list[LayerData]:
    """Return the layers of a scan; a NIfTI whose name says that it holds labels becomes a labels layer."""
    from napari_mrsr import files
    from napari_mrsr.app import layers

    paths = [path] if isinstance(path, str) else list(path)
    if len(paths) == 1 and files.is_review(paths[0]):
        return _reopen(paths[0])
    if len(paths) == 1 and _is_label_map(Path(paths[0])):
        labels = files.read_labels(paths[0])
        return [layers.labels_layer(labels, Path(paths[0]).name.split(".")[0])]
    return layers.magnitude_layers(files.read_scan(list(paths)))


def _reopen(path: str) -> list[LayerData]:
    """Reopen a saved review in the current viewer, whose session makes the layers itself; napari is given none.

    Without a viewer the scan of the review is read alone.
    """
    from napari import current_viewer

    from napari_mrsr.app import layers
    from napari_mrsr.app.keeping.reopening import reopen
    from napari_mrsr.app.viewing import view_of
    from napari_mrsr.files.review_folder import done, folder_of

    viewer = current_viewer()
    if viewer is None:
        return layers.magnitude_layers(done(reopen(folder_of(path))).scans["scan"])
    view_of(viewer).saving.open(path)
    return [(None,)]  # type: ignore[list-item]  # npe2's sign for "read, but no layers"


def _is_label_map(path: Path) -> bool:
    """Tell whether a NIfTI holds whole numbers and its name says that they are labels."""
    name = path.name.lower()
    if not name.endswith((".nii", ".nii.gz")) or not any(word in name for word in LABEL_WORDS):
        return False
    import nibabel as nib

    try:
        image = nib.load(path)
    except (OSError, nib.filebasedimages.ImageFileError):
        return False  # the reader of scans says better what is wrong
    return isinstance(image, nib.nifti1.Nifti1Pair) and image.get_data_dtype().kind in "iu"
