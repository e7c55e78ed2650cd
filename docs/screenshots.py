"""Take the pictures of the documentation: ``python docs/screenshots.py FOLDER``.

``--series`` and ``--fine-tuning`` take those of a series over time, and of fine-tuning on its planning scan;
``--brain`` those of a brain sharpened by a network and by its twin trained with L1 alone, ``--brain-maps`` that of the
sample brain in three contrasts with its maps. ``--only roi`` writes one of the four docks, the others as they were.
Without a screen, put ``xvfb-run -a`` before it. The pictures show nothing of whoever takes them: the folder of their
autosaves is left alone, an empty one takes its place.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from napari_mrsr.app.brain_maps import pictures as brain_maps_pictures
from napari_mrsr.app.dynamic import fine_tuning_pictures, pictures
from napari_mrsr.app.in_plane import pictures as in_plane_pictures
from napari_mrsr.app.screenshots import DOCKS, take
from napari_mrsr.files import read_scan
from napari_mrsr.files.user_state import state_of_its_own


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent / "_static")
    parser.add_argument("--method", default="auto")
    parser.add_argument("--only", choices=[dock.lower() for dock in DOCKS], help="the picture of one dock at work")
    parser.add_argument("--series", action="store_true", help="the pictures of a series over time, and no others")
    parser.add_argument("--fine-tuning", action="store_true", help="those of fine-tuning on the planning scan")
    parser.add_argument(
        "--brain", nargs="?", const="", metavar="FILE", help="those of a brain: the sample, or the scan in a file"
    )
    parser.add_argument(
        "--brain-maps",
        nargs="?",
        const="",
        metavar="WEIGHTS",
        help="that of maps: by shipped weights, or those of a file",
    )
    given = parser.parse_args()
    method = None if given.method == "auto" else given.method
    with state_of_its_own(settings=True):
        if given.fine_tuning:
            taken = fine_tuning_pictures.take(given.folder)
        elif given.brain_maps is not None:
            weights = Path(given.brain_maps) if given.brain_maps else None
            taken = brain_maps_pictures.take(given.folder, weights=weights)
        elif given.brain is not None:
            scan = read_scan(given.brain) if given.brain else None
            taken = in_plane_pictures.take(given.folder, scan=scan, method=method)
        elif given.series:
            taken = pictures.take(given.folder, method=method)
        else:
            taken = take(given.folder, method=given.method, only=given.only)
        for path in taken:
            print(path)


if __name__ == "__main__":
    main()
