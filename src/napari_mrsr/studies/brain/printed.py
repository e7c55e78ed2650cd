"""Table 1 of the paper as printed, to stand beside what is measured here; its data are not these."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: SSIM and PSNR (dB) by the name that the network has here.
TABLE_1 = {"cpce": (0.9563, 33.2031), "circle": (0.9465, 32.2995)}
#: What the paper calls them.
NAMES = {"cpce": "GAN-CPCE", "circle": "GAN-CIRCLE"}
#: What a reader must know when both stand side by side.
CAVEAT = (
    "As printed: 955 T2-weighted slices of IXI (1.5 T, 256 x 256), data range not printed, no interpolation beside "
    "them. Other heads, contrasts and training: what is printed and what is measured here cannot be compared."
)


def beside(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the paper's Table 1 with what was measured here beside it.

    Parameters
    ----------
    frame
        Scores with ``method``, ``ssim`` and ``psnr``.
    """
    import pandas as pd

    rows = []
    for name, (ssim, psnr) in TABLE_1.items():
        ours = frame[frame["method"] == name]
        rows.append(
            {
                "network": NAMES[name],
                "SSIM as printed": f"{ssim:.4f}",
                "PSNR as printed [dB]": f"{psnr:.4f}",
                "SSIM here": f"{ours['ssim'].mean():.4f}" if len(ours) else "-",
                "PSNR here [dB]": f"{ours['psnr'].mean():.2f}" if len(ours) else "-",
            }
        )
    return pd.DataFrame(rows)
