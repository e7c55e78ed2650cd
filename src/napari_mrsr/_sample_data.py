"""The samples of File > Open Sample: a knee, an abdomen over time, and a brain."""

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
