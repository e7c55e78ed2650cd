"""How a network meets a volume: tiles, devices, precision, and consistency with what was measured.

==================  ==========================================================================================
``boxes``           boxes of the coarse grid, cut and ordered; the halo around them
``air``             where there is any signal
``cost``            operations and memory that a network takes per voxel
``devices``         CPU or GPU
``precision``       float32, bfloat16 or int8, chosen by speed and by a check of the picture
``engine``          tiles out, one by one, in the order that the viewer needs
``job``               one volume on its way through one network
``estimate``          how long it will take
``scale``           the one intensity scale of all echoes
``consistency``     Wiener and hard consistency along the slice axis
``openvino``        the int8 backend (extra ``openvino``)
==================  ==========================================================================================

This package does not import torch; ``engine``, ``precision``, ``cost``, ``devices`` and ``openvino`` do when imported.
"""
