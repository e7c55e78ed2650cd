"""Super-resolution in plane: what is done is decided in ``choice``, done in ``frame_by_frame``, and asked for here."""

from napari_mrsr.in_plane.choice import PlaneJob, choose_method, plan
from napari_mrsr.in_plane.frame_by_frame import run, series_scale, to_grid
from napari_mrsr.in_plane.sharpening import estimate_seconds, finish, sharpen, stream
from napari_mrsr.networks.made_by import STEP

__all__ = [
    "STEP",
    "PlaneJob",
    "choose_method",
    "estimate_seconds",
    "finish",
    "plan",
    "run",
    "series_scale",
    "sharpen",
    "stream",
    "to_grid",
]
