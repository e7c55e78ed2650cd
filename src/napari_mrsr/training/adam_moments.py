r"""Adam's memory: the moments of the gradient that training left behind, and what to do where nobody kept them.

Adam divides the mean of the gradient g by the root of the mean of its square,

.. math:: m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
          \Delta\theta = -\eta \frac{\hat m}{\sqrt{\hat v} + \epsilon}, \qquad
          \hat m = \frac{m}{1 - \beta_1^t}, \; \hat v = \frac{v}{1 - \beta_2^t}.

After long training :math:`\hat v` knows the usual size of every weight's gradient. Begun anew, the first steps are
:math:`\pm\eta` for every weight, whatever it matters. The published fine-tuning therefore goes on with training's m, v
and t, which a run of ``train`` keeps in its checkpoint.

Weights that are passed on have none. The moments can then be estimated: T steps with :math:`\eta = 0` leave every
weight where it is and average the gradients with Adam's own betas. They are gradients of the planning scan, not of the
training data; how far the two lie apart is :func:`difference`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

#: What the names of moments begin with in a checkpoint.
PREFIX = "optimizer/"


@dataclass(frozen=True)
class Difference:
    """How far two memories lie apart.

    Parameters
    ----------
    mean, size
        Norm of the difference of m, and of the root of v, over the norm of the true one.
    direction
        Cosine between the steps that both sizes would make of the true mean, each weight's step held to 1.
    scale
        Median over the weights of the estimated root of v over the true one.
    """

    mean: float
    size: float
    direction: float
    scale: float


def tensors_of(optimizer: torch.optim.Optimizer, network: nn.Module, prefix: str = PREFIX) -> dict[str, Tensor]:
    """Return an optimizer's moments of a network's weights, by name, for a checkpoint."""
    return {
        f"{prefix}{name}/{key}": torch.as_tensor(value)
        for name, weight in network.named_parameters()
        for key, value in optimizer.state.get(weight, {}).items()
    }


def restore(
    optimizer: torch.optim.Optimizer, network: nn.Module, tensors: Mapping[str, Tensor], prefix: str = PREFIX
) -> int:
    """Put the moments of a checkpoint into an optimizer.

    Parameters
    ----------
    optimizer
        Adam of this network.
    network
        Its parameters have the names of the checkpoint.
    tensors
        As :func:`napari_mrsr.training.checkpoint.load` gives them.
    prefix
        What the names of the moments begin with.

    Returns
    -------
    int
        How many weights' moments were found; 0 where the checkpoint is of another network.
    """
    found = 0
    for name, weight in network.named_parameters():
        start = f"{prefix}{name}/"
        state = {key[len(start) :]: value for key, value in tensors.items() if key.startswith(start)}
        if not state or state["exp_avg"].shape != weight.shape:
            continue
        optimizer.state[weight] = {
            key: value.clone() if key == "step" else torch.empty_like(weight).copy_(value)
            for key, value in state.items()
        }
        found += 1
    return found


def moments(optimizer: torch.optim.Adam, network: nn.Module) -> tuple[Tensor, Tensor]:
    r"""Return :math:`\hat m` and :math:`\sqrt{\hat v}` of all weights, each as one long vector."""
    first, second = optimizer.param_groups[0]["betas"]
    mean, size = [], []
    for weight in network.parameters():
        state = optimizer.state[weight]
        step = float(state["step"])
        mean.append(state["exp_avg"].flatten().double() / (1 - first**step))
        size.append((state["exp_avg_sq"].flatten().double() / (1 - second**step)).sqrt())
    return torch.cat(mean).cpu(), torch.cat(size).cpu()


def difference(estimated: tuple[Tensor, Tensor], true: tuple[Tensor, Tensor], epsilon: float = 1e-8) -> Difference:
    """Compare two results of :func:`moments`."""
    one, other = ((true[0] / (size + epsilon)).clamp(-1, 1) for size in (estimated[1], true[1]))
    used = true[1] > 0
    return Difference(
        float((estimated[0] - true[0]).norm() / true[0].norm()),
        float((estimated[1] - true[1]).norm() / true[1].norm()),
        float(torch.nn.functional.cosine_similarity(one, other, dim=0)),
        float((estimated[1][used] / true[1][used]).median()),
    )
