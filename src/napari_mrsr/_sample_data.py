"""The samples of File > Open Sample: a knee, an abdomen over time, and brains."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_mrsr.app.layers import LayerData


def knee() -> list[LayerData]:
    """Return the layers of the simulated dual-echo DESS knee with thick slices."""
    from napari_mrsr.app import layers
    from napari_mrsr.app.sample import load

    scan, truth = load()
    made = layers.magnitude_layers(scan)
    for _data, settings, _kind in made:
        settings["metadata"]["mrsr_truth"] = truth
    return made


def abdomen() -> list[LayerData]:
    """Return the layer of the simulated abdomen over time; its planning scan comes with it."""
    from napari_mrsr.app import layers
    from napari_mrsr.app.sample import load_series

    scan, planning = load_series()
    made = layers.magnitude_layers(scan)
    for _data, settings, _kind in made:
        settings["metadata"]["mrsr_planning"] = planning
    return made


def brain() -> list[LayerData]:
    """Return the layer of the made brain."""
    from napari_mrsr.app import layers
    from napari_mrsr.app.sample import load_brain

    return layers.magnitude_layers(load_brain())


def brain_quarter() -> list[LayerData]:
    """Return the layer of the made brain from the central quarter of k-space, to be sharpened."""
    from napari_mrsr.app import layers
    from napari_mrsr.app.sample import load_brain_quarter

    return layers.magnitude_layers(load_brain_quarter())


def brain_contrasts() -> list[LayerData]:
    """Return the layers of the made brain as T1w, T2w and FLAIR, from which maps can be made."""
    from napari_mrsr.app import layers
    from napari_mrsr.app.sample import load_contrasts

    return [layer for scan in load_contrasts() for layer in layers.magnitude_layers(scan)]
