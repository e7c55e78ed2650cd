"""How sharp an image is: the width of its edges, and the frequencies that it shares with another.

The edge width (:mod:`~napari_mrsr.metrics.edges`) needs one image and says what a reader sees at a border. The
Fourier shell correlation (:mod:`~napari_mrsr.metrics.shells`) needs two and says up to which frequency they show the
same.
"""

from napari_mrsr.metrics.edges import EdgeWidth, edge_width
from napari_mrsr.metrics.shells import ShellCorrelation, fourier_shell_correlation

__all__ = ["EdgeWidth", "ShellCorrelation", "edge_width", "fourier_shell_correlation"]
