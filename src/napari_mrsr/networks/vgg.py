r"""VGG-19 up to its 16th convolution: what GAN-CPCE sees alike; weights are the user's.

Sixteen convolutions 3x3, each with ReLU, in five blocks of 64, 128, 256, 512 and 512 features; between blocks the
largest of each 2x2 pixels is kept. The features :math:`\phi` are those after the ReLU of the last convolution, a
sixteenth of the picture's width and height. The classifier that follows them is not needed, and ignored in a file.

The network has seen photographs. Its weights, trained on ImageNet, may not be shipped with ours; a file of one's own is
read, with tensors named as by torchvision (``features.0.weight`` to ``features.34.bias``), as safetensors or as torch
saves it. The latter is a pickle, of which tensors and nothing else are taken (``weights_only``): a file that would run
code is refused.

Grey pictures I of 0 to 1 become colour by repetition, and are normalised as ImageNet's were for these weights,
:math:`x_c = (I - m_c) / s_c` with m = (0.485, 0.456, 0.406) and s = (0.229, 0.224, 0.225). (The published code of
GAN-CPCE takes weights converted from Caffe, for blue, green and red from 0 to 255, not divided by s: features of
another size, so that the published weight of the loss does not carry over to the letter.)

Source
------
Simonyan K, Zisserman A. Very deep convolutional networks for large-scale image recognition. arXiv 1409.1556, 2014,
configuration E. Layer used: Lyu Q, You C, Shan H, Wang G. Super-resolution MRI through deep learning. 2018, section
II.2, and Shan H, et al. IEEE Trans Med Imaging 2018;37:1522-1534.
"""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from napari_mrsr.errors import BadParameter, UnsafeWeights, WeightsCorrupt
from napari_mrsr.networks import registry

#: Features of the convolutions, block by block.
BLOCKS = ((64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,) * 4)
#: Mean and standard deviation of ImageNet's channels, red, green and blue, on a scale of 0 to 1.
MEAN, SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: Pixels of a picture to one of its features.
STRIDE = 2 ** (len(BLOCKS) - 1)
#: The first and the last convolution that is used.
FIRST, LAST = "features.0.weight", "features.34.weight"
_PREFIX = "features."
_REMEDY = "give torchvision's vgg19 weights, .pth or .safetensors"


class Vgg19(nn.Module):
    """The convolutions of VGG-19, tensors named as by torchvision.

    Examples
    --------
    >>> network = Vgg19().freeze()
    >>> tuple(network(torch.rand(2, 1, 64, 48)).shape)
    (2, 512, 4, 3)
    """

    mean: Tensor
    sd: Tensor

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        taken = 3
        for number, block in enumerate(BLOCKS):
            if number:
                layers.append(nn.MaxPool2d(2))
            for given in block:
                layers += [nn.Conv2d(taken, given, 3, padding=1), nn.ReLU()]
                taken = given
        self.features = nn.Sequential(*layers)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("sd", torch.tensor(SD).view(1, 3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the features of grey pictures.

        Parameters
        ----------
        x
            ``(picture, 1, i, j)``, 0 to about 1.

        Returns
        -------
        Tensor
            ``(picture, 512, i // 16, j // 16)``, at least 0.

        Raises
        ------
        BadParameter
            The pictures are too small to be halved four times.
        """
        if min(x.shape[2:]) < STRIDE:
            raise BadParameter(
                f"pictures of {' x '.join(map(str, x.shape[2:]))} pixels have no features of VGG-19",
                remedy=f"give at least {STRIDE} pixels along both sides",
            )
        return cast("Tensor", self.features((x.expand(-1, 3, -1, -1) - self.mean) / self.sd))

    def freeze(self) -> Vgg19:
        """Return the network itself, taking no gradient."""
        self.requires_grad_(False)
        return self.eval()


def is_vgg(path: Path) -> bool:
    """Return whether a file may hold VGG-19: as torch saves it, or safetensors with names of its tensors.

    Raises
    ------
    WeightsMissing, WeightsCorrupt
        There is no such file, or it is neither.
    """
    if registry.is_pickle(path):
        return True
    registry.read_header(path)
    return _PREFIX + "0.weight" in _names(path)


def load(path: Path, *, device: str = "cpu") -> Vgg19:
    """Load VGG-19 from a user's file, frozen.

    Parameters
    ----------
    path
        Weights in torchvision's format, ``.pth`` or ``.safetensors``.
    device
        Where to put it.

    Raises
    ------
    WeightsMissing, WeightsCorrupt, UnsafeWeights
        The file is not there, is damaged, holds another network, or would run code.
    """
    tensors = _unpickled(path) if registry.is_pickle(path) else _safetensors(path)
    with torch.device("meta"):  # 80 MB that need not be drawn at random first
        wanted = {name: tensor.shape for name, tensor in Vgg19().state_dict().items()}
    for name, shape in wanted.items():
        if name not in tensors:
            raise WeightsCorrupt(f"holds no VGG-19 (lacks {name})", where=path, remedy=_REMEDY)
        if tensors[name].shape != shape:
            found = "x".join(map(str, tensors[name].shape))
            raise WeightsCorrupt(f"holds no VGG-19 ({name} is {found})", where=path, remedy=_REMEDY)
        if not torch.isfinite(tensors[name]).all():
            raise WeightsCorrupt(f"holds values that are not finite ({name})", where=path, remedy="get it again")
    more = next((name for name in tensors if name not in wanted), None)
    if more is not None:  # as the normalised VGG-19 has, whose convolutions stand elsewhere
        raise WeightsCorrupt(f"holds no VGG-19 (has {more} besides)", where=path, remedy=_REMEDY)
    network = Vgg19()
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return network.to(device).freeze()


def _names(path: Path) -> list[str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            return list(file.keys())
    except SafetensorError as error:
        raise WeightsCorrupt("is not a safetensors file", where=path, remedy="get it again") from error


def _safetensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of the convolutions; those of the classifier are not even read."""
    from safetensors import safe_open

    registry.read_header(path)
    names = [name for name in _names(path) if name.startswith(_PREFIX)]
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in names}


def _unpickled(path: Path) -> dict[str, Tensor]:
    """Return the tensors of the convolutions from what torch saved: tensors alone, no code."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        raise UnsafeWeights(
            "holds more than tensors, and may run code", where=path, remedy="give a file of tensors alone"
        ) from error
    except (RuntimeError, EOFError, ValueError, OSError, KeyError, AttributeError) as error:
        raise WeightsCorrupt("cannot be read as weights of torch", where=path, remedy="get it again") from error
    if not isinstance(content, dict) or not all(isinstance(one, Tensor) for one in content.values()):
        raise WeightsCorrupt("holds no VGG-19 (no table of tensors)", where=path, remedy=_REMEDY)
    return {name: tensor for name, tensor in content.items() if str(name).startswith(_PREFIX)}
