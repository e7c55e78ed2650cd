"""Table 3 of the paper as printed, to stand beside what is measured here; its data are not these."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: Mean and SD of SSIM, PSNR (dB) and SD of the difference, by method and share of k-space.
TABLE_3: dict[str, dict[float, tuple[float, float, float, float, float, float]]] = {
    "area": {
        0.25: (0.911, 0.011, 29.721, 1.948, 0.068, 0.011),
        0.1: (0.814, 0.018, 26.250, 1.867, 0.071, 0.013),
        0.0625: (0.723, 0.031, 24.092, 1.964, 0.080, 0.013),
    },
    "trilinear": {
        0.25: (0.964, 0.005, 37.680, 1.770, 0.013, 0.002),
        0.1: (0.906, 0.007, 33.148, 1.780, 0.022, 0.004),
        0.0625: (0.872, 0.011, 31.504, 1.786, 0.026, 0.005),
    },
    "zero-padded": {
        0.25: (0.977, 0.013, 37.980, 4.078, 0.064, 0.011),
        0.1: (0.926, 0.009, 31.844, 2.260, 0.067, 0.013),
        0.0625: (0.888, 0.012, 29.803, 2.147, 0.069, 0.015),
    },
    "SR main training": {
        0.25: (0.986, 0.007, 42.781, 2.424, 0.009, 0.002),
        0.1: (0.961, 0.009, 36.710, 1.086, 0.014, 0.002),
        0.0625: (0.939, 0.008, 35.377, 1.653, 0.017, 0.003),
    },
    "SR fine-tuned": {
        0.25: (0.993, 0.004, 45.706, 2.169, 0.005, 0.002),
        0.1: (0.973, 0.005, 39.433, 2.144, 0.007, 0.001),
        0.0625: (0.957, 0.006, 37.306, 2.357, 0.014, 0.004),
    },
}


def rmse_of(psnr: float) -> float:
    """Return the root mean square error that a PSNR says, on a scale whose range is 1; no SD can be larger.

    Examples
    --------
    >>> round(rmse_of(37.98), 4)
    0.0126
    """
    return float(10 ** (-psnr / 20))


def printed_table() -> pd.DataFrame:
    """Return the table as printed, with the largest SD of a difference that its PSNR allows."""
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "method": method,
                "k-space": f"{100 * level:g} %",
                "SSIM": f"{values[0]:.3f} ± {values[1]:.3f}",
                "PSNR [dB]": f"{values[2]:.3f} ± {values[3]:.3f}",
                "diff SD": f"{values[4]:.3f} ± {values[5]:.3f}",
                "RMSE of that PSNR": rmse_of(values[2]),
            }
            for method, levels in TABLE_3.items()
            for level, values in levels.items()
        ]
    )
