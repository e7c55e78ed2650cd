"""All methods of super-resolution by name, and the trained weights.

Weights are safetensors whose header names the architecture and its settings. ``weights/manifest.json`` lists those that
are shipped, with their sha256; a file that does not match it is refused, and so is a pickle, which could run code.
Files of a user's own are read by their header alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from napari_mrsr.errors import BadParameter, UnknownMethod, UnsafeWeights, WeightsCorrupt, WeightsMissing

if TYPE_CHECKING:
    from napari_mrsr.networks.network import Network

#: First bytes of a zip archive and of a pickle stream: what torch.save writes.
_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_LARGEST_HEADER = 100 * 2**20
#: Names of the networks: of their files in this room, and with a capital of their classes.
ARCHITECTURES = ("circle", "cpce", "lean", "mrsr", "swift", "unet")
#: Entry in the header of weights that were adapted to one scan: how, as JSON.
ADAPTED = "adapted"
#: Entry in the header of weights that were fine-tuned on a planning scan: on which and how, as JSON.
FINE_TUNED = "fine_tuned"


#: Entry in the header of weights that names the contrasts they learned from, as JSON.
CONTRASTS = "contrasts"
#: Networks that sharpen in plane, by their name in :func:`build`.
IN_PLANE = ("circle", "cpce", "swift", "unet")
#: Kinds of the manifest that super-resolve nothing, and are not listed as methods.
NO_METHODS = ("features", "maps")
#: Networks that super-resolve nothing, by the name in the header of their weights, and where those belong.
ELSEWHERE = {"mapper": "maps --weights", "features": "train --features"}


@dataclass(frozen=True)
class Method:
    """A way to super-resolve.

    Parameters
    ----------
    name
        What the user types.
    kind
        Classical (no training), dictionary (trained, applied patch by patch in numpy) or network.
    factors
        Whole factors it was made for; empty means any.
    axes
        ``"slice"``, ``"in-plane"`` or both.
    anatomy
        What it was trained on; empty for classical methods.
    echoes
        Number of echoes it takes; None means any.
    licence, sha256, card, file
        Of the weights; None for classical methods.
    summary
        One line.
    figures
        What was measured of it (from the manifest).
    contrasts
        Contrasts that it was trained on, as :func:`napari_mrsr.contrast.contrast_of` names them; empty: any.
    twin
        Of a method that was trained against a critic, the same network trained with L1 alone.
    """

    name: str
    kind: Literal["classical", "dictionary", "network"]
    summary: str
    factors: tuple[int, ...] = ()
    axes: tuple[str, ...] = ("slice", "in-plane")
    anatomy: tuple[str, ...] = ()
    echoes: int | None = None
    licence: str | None = None
    sha256: str | None = None
    file: Path | None = None
    card: Path | None = None
    figures: tuple[tuple[str, str], ...] = ()
    contrasts: tuple[str, ...] = ()
    twin: str | None = None

    @property
    def is_there(self) -> bool:
        """Whether its weights are installed; a classical method needs none."""
        return self.kind == "classical" or (self.file is not None and self.file.is_file())


CLASSICAL = (
    Method("nearest", "classical", "repeats the nearest acquired slice"),
    Method("trilinear", "classical", "straight lines between acquired slices"),
    Method("tricubic", "classical", "cubic B-spline through the acquired slices"),
    Method("area", "classical", "mean of the acquired voxels that a new voxel overlaps"),
    Method("fourier", "classical", "zero-filled spectrum (sinc interpolation)"),
    Method("ibp", "classical", "iterative back-projection: undoes an assumed blur, adds no detail of its own"),
)


def weights_folder() -> Path:
    """Return the folder of shipped weights: the installed package's, else the repository's."""
    installed = Path(str(resources.files("napari_mrsr"))) / "weights"
    if (installed / "manifest.json").is_file():
        return installed
    return Path(__file__).resolve().parents[3] / "weights"


@cache
def methods(folder: Path | None = None) -> tuple[Method, ...]:
    """Return all methods: the classical ones, then those with shipped weights."""
    folder = folder or weights_folder()
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        return CLASSICAL
    try:
        entries = json.loads(manifest.read_text())
        trained = tuple(
            Method(
                name,
                entry.get("kind", "network"),
                entry["summary"],
                factors=tuple(entry["factors"]),
                axes=tuple(entry["axes"]),
                anatomy=tuple(entry["anatomy"]),
                echoes=entry.get("echoes"),
                licence=entry["licence"],
                sha256=entry["sha256"],
                file=folder / entry["file"],
                card=folder / entry["card"],
                figures=tuple(entry.get("figures", {}).items()),
                contrasts=tuple(entry.get("contrasts", ())),
                twin=entry.get("twin"),
            )
            for name, entry in entries.items()
            if entry.get("kind") not in NO_METHODS
        )
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsCorrupt(f"is not a manifest ({error})", where=manifest, remedy="reinstall napari-mrsr") from error
    return (*CLASSICAL, *trained)


def shipped(name: str, folder: Path | None = None) -> tuple[Path, str]:
    """Return file and sha256 of any entry of the manifest; raises WeightsMissing where there is none."""
    folder = folder or weights_folder()
    manifest = folder / "manifest.json"
    try:
        entry = json.loads(manifest.read_text())[name]
        return folder / entry["file"], entry["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsMissing(f"lists no weights of {name!r}", where=manifest, remedy="reinstall napari-mrsr") from error


def find(name: str) -> Method:
    """Return a method by name.

    Raises
    ------
    UnknownMethod
        No method of that name; the message lists them.
    """
    for method in methods():
        if method.name == name:
            return method
    known = ", ".join(method.name for method in methods())
    raise UnknownMethod(f"no method {name!r}", remedy=f"choose one of {known}")


def build(architecture: str, settings: dict[str, Any]) -> Network:
    """Make an untrained network; raises UnknownMethod."""
    if architecture not in ARCHITECTURES:
        raise UnknownMethod(f"no network {architecture!r}", remedy=f"choose one of {', '.join(ARCHITECTURES)}")
    module = import_module(f"napari_mrsr.networks.{architecture}")
    network: Network = getattr(module, architecture.capitalize())(**settings)
    return network


def load(which: str | Path, *, device: str = "cpu") -> Network:
    """Load a network with its weights, ready for inference.

    Parameters
    ----------
    which
        Name of a shipped method, or a safetensors file.
    device
        Where to put it.

    Raises
    ------
    UnknownMethod
        No shipped network of that name.
    WeightsMissing, WeightsCorrupt, UnsafeWeights
        The file is not there, is damaged or does not match its sha256, or is a pickle.
    """
    if isinstance(which, Path):
        path, expected = which, None
    else:
        method = find(which)
        if method.file is None:
            raise UnknownMethod(f"{which} has no weights: it is a classical method", remedy="choose a trained method")
        if method.kind == "dictionary":
            raise UnknownMethod(f"{which} is a dictionary, not a network", remedy="load it as a dictionary")
        path, expected = method.file, method.sha256
    content = read_weights(path, sha256=expected)
    header = read_header(path)
    try:
        network = build(header["architecture"], json.loads(header["settings"]))
    except (KeyError, ValueError, TypeError) as error:
        raise WeightsCorrupt(
            "does not say which network it is for", where=path, remedy="use a file made by train"
        ) from error
    fill(network, content, path)
    return network.to(device).eval()


def fill(network: Network, content: bytes, path: Path) -> None:
    """Put the weights of a file's content into a network; raises WeightsCorrupt where they are not its own."""
    from safetensors import SafetensorError
    from safetensors.torch import load as parse

    try:
        network.load_state_dict({name: tensor.float() for name, tensor in parse(content).items()})
    except (SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsCorrupt(
            f"does not hold the weights of its network ({reason})", where=path, remedy="get it again"
        ) from error


def is_pickle(path: Path) -> bool:
    """Return whether a file begins as what torch saves; raises WeightsMissing where there is none."""
    if not path.is_file():
        raise WeightsMissing("is no file of weights", where=path, remedy="check the spelling, or reinstall napari-mrsr")
    with path.open("rb") as file:
        begins = file.read(9)
    # the length of a safetensors header may begin as a pickle does (640 bytes: \x80\x02), but JSON follows it
    return begins.startswith(_PICKLES) and begins[8:9] != b"{"


def read_weights(path: Path, *, sha256: str | None = None) -> bytes:
    """Return the bytes of a weights file after every check that needs no torch."""
    if is_pickle(path):
        raise UnsafeWeights("is a pickle, which can run code", where=path, remedy="give weights as .safetensors")
    content = path.read_bytes()
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise WeightsCorrupt("does not match its sha256", where=path, remedy="reinstall napari-mrsr")
    read_header(path)
    return content


def read_header(path: Path) -> dict[str, str]:
    """Return the metadata in the header of a safetensors file; raises WeightsCorrupt."""
    remedy = "get it again"
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        size = path.stat().st_size
        if length < 2 or length > min(size, _LARGEST_HEADER):
            raise WeightsCorrupt("is not a safetensors file, or is cut short", where=path, remedy=remedy)
        try:
            header = json.loads(file.read(length))
            end = max((entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"), default=0)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WeightsCorrupt("is not a safetensors file", where=path, remedy=remedy) from error
    if size != 8 + length + end:
        raise WeightsCorrupt(f"is cut short ({size} of {8 + length + end} bytes)", where=path, remedy=remedy)
    metadata: dict[str, str] = header.get("__metadata__", {})
    return metadata


def architecture_of(path: Path, method: str = "auto") -> str:
    """Return which network or dictionary a file of weights is for.

    Parameters
    ----------
    path
        A safetensors file.
    method
        The method that it was given for; auto: any.

    Raises
    ------
    BadParameter
        It is for another method, or super-resolves nothing.
    WeightsMissing, WeightsCorrupt, UnsafeWeights
        It is not there, does not say what it is for, or is a pickle.
    """
    read_weights(path)
    found = read_header(path).get("architecture", "")
    if not found:
        raise WeightsCorrupt("does not say which network it is for", where=path, remedy="use a file made by train")
    if found in ELSEWHERE:
        raise BadParameter(
            f"holds weights of {found!r}, which super-resolves nothing",
            where=path,
            remedy=f"give it to napari-mrsr {ELSEWHERE[found]}",
        )
    if method in ("auto", found):
        return found
    asked = find(method)
    if asked.kind == "classical":
        raise BadParameter(f"{method} takes no weights", remedy=f"leave out the method, or give {found}")
    if asked.file is None or read_header(asked.file).get("architecture") != found:
        raise BadParameter(f"holds weights of {found}, not of {method}", where=path, remedy=f"give {found}, or auto")
    return found


def adaptation_of(path: Path) -> dict[str, Any] | None:
    """Return how weights were adapted to one scan (:mod:`napari_mrsr.training.adapt`), or None where they were not."""
    return _entry(path, ADAPTED)


def fine_tuning_of(path: Path) -> dict[str, Any] | None:
    """Return how weights were fine-tuned on a planning scan (:class:`napari_mrsr.training.fine_tuned.Account`)."""
    return _entry(path, FINE_TUNED)


def about_contrasts(contrasts: Iterable[str]) -> dict[str, str]:
    """Return the entry of a header that names contrasts; nothing where not all are known.

    Examples
    --------
    >>> about_contrasts(["T2w", "T1w", "T2w"]), about_contrasts(["T1w", ""])
    ({'contrasts': '["T1w", "T2w"]'}, {})
    """
    known = sorted(set(contrasts))
    return {CONTRASTS: json.dumps(known)} if known and all(known) else {}


def contrasts_of(path: Path) -> tuple[str, ...]:
    """Return the contrasts that weights learned from, as their header names them; empty where none can be read."""
    try:
        found = json.loads(read_header(path).get(CONTRASTS, "[]"))
    except (OSError, ValueError, WeightsCorrupt):
        return ()
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def _entry(path: Path, name: str) -> dict[str, Any] | None:
    found = read_header(path).get(name)
    if found is None:
        return None
    try:
        return dict(json.loads(found))
    except (ValueError, TypeError):
        return None


def save(network: Network, path: Path, *, about: dict[str, str] | None = None) -> Path:
    """Write the weights of a network with what is needed to build it again, and what else is to stand in the header."""
    from safetensors.torch import save_file

    tensors = {name: tensor.detach().float().contiguous().cpu() for name, tensor in network.state_dict().items()}
    temporary = path.with_name(path.name + ".new")
    metadata = {"architecture": network.architecture, "settings": json.dumps(network.settings), **(about or {})}
    save_file(tensors, temporary, metadata=metadata)
    temporary.replace(path)
    return path
