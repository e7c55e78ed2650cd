"""One file per network, and the registry of methods and trained weights.

Every network is a :class:`~napari_mrsr.networks.network.Network`: that file says what the engine may ask of it.

This package does not import torch; the files of the networks do.
"""
