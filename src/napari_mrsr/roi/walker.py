r"""The random walker with priors: where a region ends, between what is surely inside and what is surely outside.

Grady (CVPR 2005, "Multilabel random walker image segmentation using prior models", doi:10.1109/CVPR.2005.239) lets a
walker start at every undecided voxel and step to neighbours with weights that are small across an edge,

.. math:: w_{ij} = \frac{h_{\min}^2}{h_{ij}^2} \exp(-\beta \sum_c (g_{c,i} - g_{c,j})^2) ,

with the channels :math:`g_c` of the guide in units of their 99th percentile and the distance :math:`h_{ij}` of the two
voxels, mm. Beside walking it may stop where it stands, with weight :math:`\gamma`, and is then inside with the
probability :math:`p_i = 1 / (1 + e^{-\Lambda_i})` that the intensities give (:mod:`.likeness`). The chance
:math:`x_i` that the walker ends inside solves

.. math:: (L_U + \gamma I)\, x = \gamma\, p - B^\mathsf{T} x_{\text{known}} ,

a sparse, positive definite system with the Laplacian :math:`L_U` of the undecided voxels, solved by conjugate
gradients. scikit-image's ``random_walker`` has no prior, and without one a thin curved band leaks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_mrsr.roi.likeness import Guide, Mask

#: How fast the weight falls with the squared difference of intensities. It and GAMMA were chosen on knee phantoms.
BETA = 60.0

#: Weight of the intensities against the walk.
GAMMA = 0.1

#: The evidence of one voxel is bounded, as its histogram is an estimate.
EVIDENCE = 4.0


def walk(
    guide: Guide, inside: Mask, outside: Mask, evidence: Guide, spacing: tuple[float, float, float]
) -> npt.NDArray[np.float64]:
    """Return the chance that each voxel belongs to the region.

    Parameters
    ----------
    guide
        Channels of the image, ``(channel, slice, row, column)``.
    inside, outside
        What is known, ``(slice, row, column)``; the rest is undecided.
    evidence
        Log ratio of inside to outside by intensity alone, ``(slice, row, column)``.
    spacing
        Of the voxels, mm.
    """
    import scipy.sparse as sparse
    from scipy.sparse.linalg import cg

    chance = inside.astype(np.float64)
    undecided = ~(inside | outside)
    count = int(np.count_nonzero(undecided))
    if not count:
        return chance
    number = np.full(inside.shape, -1, np.int64)
    number[undecided] = np.arange(count)
    prior = 1 / (1 + np.exp(-np.clip(evidence[undecided], -EVIDENCE, EVIDENCE)))
    diagonal, right = np.full(count, GAMMA), GAMMA * prior
    rows, columns, entries = [], [], []
    scale = np.array([np.percentile(np.abs(c), 99) or 1.0 for c in guide])[:, None, None, None]
    scaled = guide / scale
    for axis, step in enumerate(spacing):
        first: tuple[slice, ...] = tuple(slice(0, -1) if a == axis else slice(None) for a in range(3))
        second: tuple[slice, ...] = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        change = np.square(scaled[(slice(None), *first)] - scaled[(slice(None), *second)]).sum(axis=0)
        weight = (min(spacing) / step) ** 2 * np.exp(-BETA * change) + 1e-5
        for one, other in ((first, second), (second, first)):
            from_here = undecided[one]
            here, w = number[one][from_here], weight[from_here]
            diagonal += np.bincount(here, w, count)
            right += np.bincount(here, w * inside[other][from_here], count)
            both = undecided[other][from_here]
            rows.append(here[both])
            columns.append(number[other][from_here][both])
            entries.append(-w[both])
    steps = sparse.csr_matrix(
        (np.concatenate(entries), (np.concatenate(rows), np.concatenate(columns))), shape=(count, count)
    )
    solved, _ = cg(
        steps + sparse.diags(diagonal), right, x0=prior, rtol=1e-3, maxiter=300, M=sparse.diags(1 / diagonal)
    )
    chance[undecided] = solved
    return chance
