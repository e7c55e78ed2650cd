"""The folder of this user in which napari-mrsr keeps what outlives a session: autosaves, and where scans lay.

``NAPARI_MRSR_STATE`` names another folder. Only the user may look into it (mode 0700).
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from napari_mrsr.files.atomic import atomic_path

#: Environment variable that names the folder.
VARIABLE = "NAPARI_MRSR_STATE"
#: That which names napari's file of settings.
NAPARI_SETTINGS = "NAPARI_CONFIG"

#: How many scans' places are remembered.
PLACES_AT_MOST = 500


def state_folder() -> Path:
    """Return the folder; made where it is not there yet."""
    stated = os.environ.get(VARIABLE)
    if stated:
        folder = Path(stated)
    else:
        from platformdirs import user_state_path

        folder = user_state_path("napari-mrsr", appauthor=False)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextmanager
def state_of_its_own(*, settings: bool = False) -> Iterator[Path]:
    """Have an empty folder be the user's for a while, so that nothing of this machine shows in pictures.

    Parameters
    ----------
    settings
        Whether napari's settings are its own too, if they have not been read yet.
    """
    with tempfile.TemporaryDirectory(prefix="napari-mrsr-", ignore_cleanup_errors=True) as folder:
        given = {VARIABLE: folder}
        if settings:
            given[NAPARI_SETTINGS] = str(Path(folder) / "napari" / "settings.yaml")
        before = {name: os.environ.get(name) for name in given}
        os.environ.update(given)
        try:
            yield Path(folder)
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def remember_place(sha256: str, path: str | os.PathLike[str]) -> None:
    """Note where a file (or DICOM folder) of this sha256 lies, for this user alone; failing to do so is no harm."""
    places = _read("places.json")
    places.pop(sha256, None)
    places[sha256] = str(Path(path).absolute())
    _write("places.json", dict(list(places.items())[-PLACES_AT_MOST:]))


def remembered_place(sha256: str) -> Path | None:
    """Return where a file of this sha256 lay when it was last seen; None where that is not known."""
    place = _read("places.json").get(sha256)
    return Path(place) if isinstance(place, str) else None


def secret() -> bytes:
    """Return a random number of this user, made at the first call: with it patients are told apart without a name."""
    found = _read("secret.json").get("secret")
    if not isinstance(found, str):
        found = secrets.token_hex(16)
        _write("secret.json", {"secret": found})
    return bytes.fromhex(found)


def _read(name: str) -> dict[str, Any]:
    try:
        found = json.loads((state_folder() / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(name: str, content: dict[str, Any]) -> None:
    from napari_mrsr.errors import OutputNotWritable

    with suppress(OutputNotWritable, OSError), atomic_path(state_folder() / name) as hidden:
        hidden.touch(mode=0o600)
        hidden.write_text(json.dumps(content, indent=1), encoding="utf-8")
