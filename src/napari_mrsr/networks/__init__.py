"""One file per network, and the registry of methods and trained weights.

A super-resolver is a :class:`torch.nn.Module` with

``forward(x, factor)``
    ``x`` of shape ``(batch, echo, i, j, k)`` on one intensity scale for all echoes, to
    ``(batch, echo, i, j, factor * k)``; the axis to be super-resolved is always the last.
``halo``
    Reach of its receptive field in coarse voxels: tiles cut with that much surrounding give exactly the whole volume.
``factors``, ``echoes``
    What it was built for; ``echoes = None`` means any number.

This package does not import torch; the files of the networks do.
"""
