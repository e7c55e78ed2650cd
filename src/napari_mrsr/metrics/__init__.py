"""Numbers about images, and about how well two ways of measuring agree.

- :mod:`~napari_mrsr.metrics.ssim`: structural similarity, and its window in :mod:`~napari_mrsr.metrics.windows`;
- :mod:`~napari_mrsr.metrics.fidelity`: MSE, RMSE, MAE, PSNR;
- :mod:`~napari_mrsr.metrics.compare`: a scan against its reference, as numbers and as maps;
- :mod:`~napari_mrsr.metrics.sharpness`: edge width and Fourier shell correlation;
- :mod:`~napari_mrsr.metrics.agreement`: CV, difference, concordance, Bland-Altman and tests.
"""

from napari_mrsr.metrics import agreement, sharpness
from napari_mrsr.metrics.compare import Comparison, compare, difference_map, ssim_map
from napari_mrsr.metrics.fidelity import mae, mse, psnr, rmse
from napari_mrsr.metrics.ssim import similarity, ssim

__all__ = [
    "Comparison",
    "agreement",
    "compare",
    "difference_map",
    "mae",
    "mse",
    "psnr",
    "rmse",
    "sharpness",
    "similarity",
    "ssim",
    "ssim_map",
]
