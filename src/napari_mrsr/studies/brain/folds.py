"""Folds: weights that were trained without a subject are the ones that the subject is scored with.

``--fold SUBJECT=NAME=FILE`` names one file; ``--fold SUBJECT=FOLDER`` a folder of them, each named by its method:
``cpce.safetensors``, or ``cpce/weights.safetensors`` as training leaves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_mrsr.errors import BadParameter, WeightsMissing

WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class Fold:
    """Weights of a method that never saw a subject."""

    subject: str
    method: str
    weights: Path


def read_folds(texts: Sequence[str]) -> list[Fold]:
    """Return the folds of some options.

    Raises
    ------
    BadParameter
        An option is not of either form, or two are for the same subject and method.
    WeightsMissing
        There is no such file, or no weights in a folder.
    """
    found: list[Fold] = []
    for text in texts:
        parts = [part.strip() for part in text.split("=")]
        if len(parts) not in (2, 3) or not all(parts):
            raise BadParameter(f"--fold {text} is no fold", remedy="give SUBJECT=NAME=FILE or SUBJECT=FOLDER")
        subject = parts[0].split(".nii")[0]
        if len(parts) == 3:
            path = Path(parts[2])
            if not path.is_file():
                raise WeightsMissing("is no file of weights", where=path, remedy="give --fold SUBJECT=NAME=FILE")
            found.append(Fold(subject, parts[1], path))
        else:
            found += _in_folder(subject, Path(parts[1]))
    pairs = [(one.subject, one.method) for one in found]
    twice = next((pair for pair in pairs if pairs.count(pair) > 1), None)
    if twice is not None:
        raise BadParameter(f"{twice[1]} has two folds for {twice[0]}", remedy="give one")
    return found


def _in_folder(subject: str, folder: Path) -> list[Fold]:
    remedy = f"name them METHOD.safetensors or METHOD/{WEIGHTS}"
    if not folder.is_dir():
        raise WeightsMissing("is no folder of weights", where=folder, remedy="give --fold SUBJECT=FOLDER")
    found = [Fold(subject, file.stem, file) for file in sorted(folder.glob("*.safetensors"))]
    found += [Fold(subject, file.parent.name, file) for file in sorted(folder.glob(f"*/{WEIGHTS}"))]
    if not found:
        raise WeightsMissing("holds no weights", where=folder, remedy=remedy)
    return found
