"""What the study of brain slices aims at, and whether it is met: computed from its scores, never by hand.

Both networks are to be above zero-filling and bicubic interpolation in PSNR and SSIM; the L1 twin of each at least 3 dB
above zero-filling; and what was trained adversarially within 1.5 dB of its twin and ahead of it in how different it
looks from the truth. Means are over the slices, as the paper pools them; beside it stands in how many subjects the aim is
met by the mean of their own slices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd
from dess_aims import Aim

from napari_mrsr.studies.brain.measures import PERCEPTUAL
from napari_mrsr.studies.brain.methods import BASE, NETWORKS, TITLES, TWIN

#: What both networks are to be above.
CLASSICAL = (BASE, TITLES["tricubic"])
#: Gain of the twin over zero-filling, and how far behind its twin an adversarial network may be, dB.
LEAST_GAIN, FARTHEST = 3.0, 1.5
COLUMNS = ("method", "aim", "measured", "verdict", "subjects that meet it")
#: From mean scores by method, an aim; None where a method was not scored.
Judge = Callable[[pd.DataFrame], Aim | None]


def aims(scores: pd.DataFrame) -> pd.DataFrame:
    """Return what was aimed at, what was measured, and whether it is met, a row each.

    Parameters
    ----------
    scores
        Those of the study, a row per slice and method.
    """
    columns = [one for one in ("psnr", "ssim", PERCEPTUAL) if one in scores]
    whole = scores.groupby("method", sort=False)[columns].mean()
    each = [part.groupby("method", sort=False)[columns].mean() for _, part in scores.groupby("subject", sort=False)]
    rows = []
    for method, what, judge in judges():
        found = judge(whole)
        if found is None:
            rows.append(dict(zip(COLUMNS, (method, what, "-", "**not run**", "-"), strict=True)))
            continue
        own = [one for one in (judge(means) for means in each) if one is not None]
        row = found.row
        met = f"{sum(one.verdict == 'met' for one in own)} of {len(own)}"
        rows.append({**{name: row[name] for name in COLUMNS[:-1]}, COLUMNS[-1]: met})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def judges() -> Iterator[tuple[str, str, Judge]]:
    """Yield every aim: of which method, in words, and how it is judged."""
    for network in NETWORKS:
        for method in (network, TWIN.format(network)):
            for base in CLASSICAL:
                yield method, f"PSNR above {base}", _above(method, base, "psnr", "PSNR", 2, " dB")
                yield method, f"SSIM above {base}", _above(method, base, "ssim", "SSIM", 4, "")
    for network in NETWORKS:
        twin = TWIN.format(network)
        yield twin, f"PSNR over {BASE}", _gain(twin)
        yield network, f"PSNR below {twin}", _behind(network, twin)
        yield network, f"perceptual distance no larger than that of {twin}", _looks(network, twin)


def _above(method: str, base: str, column: str, title: str, digits: int, unit: str) -> Judge:
    def judge(means: pd.DataFrame) -> Aim | None:
        if not {method, base} <= set(means.index):
            return None
        own, other = float(means.loc[method, column]), float(means.loc[base, column])
        return Aim("", method, f"{title} above {base}", own, other, digits, unit)

    return judge


def _gain(twin: str) -> Judge:
    def judge(means: pd.DataFrame) -> Aim | None:
        if not {twin, BASE} <= set(means.index):
            return None
        gain = float(means.loc[twin, "psnr"] - means.loc[BASE, "psnr"])
        return Aim("", twin, f"PSNR over {BASE}", gain, LEAST_GAIN, 2, " dB")

    return judge


def _behind(network: str, twin: str) -> Judge:
    def judge(means: pd.DataFrame) -> Aim | None:
        if not {network, twin} <= set(means.index):
            return None
        behind = float(means.loc[twin, "psnr"] - means.loc[network, "psnr"])
        return Aim("", network, f"PSNR below {twin}", behind, FARTHEST, 2, " dB", below=True)

    return judge


def _looks(network: str, twin: str) -> Judge:
    def judge(means: pd.DataFrame) -> Aim | None:
        if PERCEPTUAL not in means or not {network, twin} <= set(means.index):
            return None
        own, other = float(means.loc[network, PERCEPTUAL]), float(means.loc[twin, PERCEPTUAL])
        return Aim("", network, f"perceptual distance no larger than that of {twin}", own, other, 4, "", below=True)

    return judge
