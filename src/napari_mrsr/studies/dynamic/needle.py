"""A needle in the dynamic frames that the planning scan has never seen: shown, erased, or made up elsewhere.

The paper leaves instruments to future work. Every phantom is made twice, with a needle in its largest lesion and
without, from the same noise; both are taken to the centre of k-space and found again by every method
(:mod:`.needle_profile`). Networks were fine-tuned on a planning scan without a needle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_mrsr.errors import Stopped
from napari_mrsr.phantoms.abdomen.anatomy import anatomy_of
from napari_mrsr.phantoms.abdomen.needle import away
from napari_mrsr.phantoms.abdomen.phantom import AbdomenPhantom
from napari_mrsr.phantoms.abdomen.tissues import NUMBER
from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import CohortOf, EntryOf
from napari_mrsr.studies.dynamic import needle_profile
from napari_mrsr.studies.dynamic.comparing import name_of
from napari_mrsr.studies.dynamic.interpolations import AS_PUBLISHED, USUAL, Way
from napari_mrsr.studies.dynamic.needle_profile import Values
from napari_mrsr.studies.dynamic.networks import FINE_TUNED, Trainable
from napari_mrsr.studies.dynamic.phantoms import Made, frames, planning, seed_of
from napari_mrsr.studies.dynamic.series import fewer
from napari_mrsr.studies.dynamic.study import Settings, chosen
from napari_mrsr.studies.dynamic.subject import Plan, methods
from napari_mrsr.studies.dynamic_cohort import DynamicSubject
from napari_mrsr.studies.kept import Kept, fingerprint
from napari_mrsr.studies.packed import pack, unpack
from napari_mrsr.studies.running import Progress, over_subjects
from napari_mrsr.studies.sheets import Panel, sheet
from napari_mrsr.studies.slices import slice_picture
from napari_mrsr.studies.writing import Figure, Study, StudyTable

if TYPE_CHECKING:
    import pandas as pd

#: Time points of each phantom where nothing else is said.
FRAMES = 3
#: What tables call the frames as they are.
TRUTH = "truth"

Stop = Callable[[], bool] | None


@dataclass(frozen=True, eq=False)
class Pair:
    """One phantom with a needle and without."""

    name: str
    seed: int
    planning: Scan
    pierced: AbdomenPhantom
    whole: AbdomenPhantom

    def bins(self, frame: int) -> npt.NDArray[np.int64]:
        """Return the bins of distance from the needle of a frame."""
        anatomy, motion = anatomy_of(self.seed), self.pierced.motions[frame]
        tip, entry = motion.to_scanner(np.array([anatomy.target.centre, anatomy.entry()]))
        affine, shape = self.pierced.scan.affine, self.pierced.scan.shape
        x, y, z = (affine[a, 3] + affine[a, a] * np.arange(shape[a]) for a in range(3))
        body = self.whole.labels.array[frame] != NUMBER["air"]
        return needle_profile.bins(away((x, y, z), tip, entry), body)

    def slice_of(self, frame: int) -> int:
        """Return the slice with most of the needle."""
        needle = self.pierced.labels.array[frame] == NUMBER["needle"]
        return int(needle.sum(axis=(0, 1)).argmax())


def run(
    people: Iterable[int],
    made: Made,
    networks: Sequence[Trainable] = (),
    settings: Settings | None = None,
    *,
    interpolations: Sequence[str] = USUAL,
    kept: Kept | None = None,
    progress: Progress | None = None,
    stop: Stop = None,
    provenance: Mapping[str, Any] | None = None,
) -> Study:
    """Measure the needle in what every method makes of the frames.

    Parameters
    ----------
    people, made
        Numbers of the phantom subjects, and how they are made.
    networks, settings, interpolations, kept, progress, stop, provenance
        As for :func:`napari_mrsr.studies.dynamic.study.run`.

    Raises
    ------
    NothingToRead, BadParameter, Stopped
        As there.
    """
    import pandas as pd

    how = settings or Settings()
    plan = Plan(chosen(interpolations), networks, how.levels, how.frames, how.fine_tuning)
    refused: dict[str, str] = {}
    shown: list[Figure] = []

    def use(pair: Pair, name: str, told: Progress) -> list[dict[str, Any]]:
        rows, pictures = _measure(pair, plan, kept or Kept(), told, refused, stop)
        if how.figures and not shown:
            shown.append(_figure(pair, pictures, plan.levels))
        return rows

    entries = tuple(EntryOf(f"subject {number}", partial(_pair, number, made)) for number in people)
    used, skipped = over_subjects(CohortOf("abdomen phantoms with a needle", entries), use, progress)
    frame = pd.DataFrame([row for rows in used for row in rows])
    return Study(
        "dynamic-needle",
        "A needle that the planning scan has never seen",
        "A needle in the frames of phantoms, none in their planning scans. *Contrast*: how much of the signal is "
        "missing on the needle; *width*: the diameter at half of that; *rim*: what is too bright beside it; *made up*: "
        "contrast at the same place in frames without a needle, 0 where nothing is invented. Mean over subjects and "
        f"frames.{in_short(table(frame))} Research use: results are derived, not acquired.",
        (
            StudyTable("needle", table(frame), "The needle as every method shows it.", {"width [mm]": 1}),
            StudyTable("profiles", frame, "Every frame.", on_page=False),
        ),
        tuple(shown) if how.figures else (),
        provenance={
            **(provenance or {}),
            "Cohort": {"Name": "abdomen phantoms with a needle", "Subjects": len(used), **asdict(made)},
            "Settings": asdict(how),
            "Refused": refused,
        },
        skipped=skipped,
    )


def table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return contrast, width and rim of every method, and how much of the true contrast is left."""
    import pandas as pd

    rows = []
    for level in sorted(frame["level"].unique(), reverse=True):
        part = frame[frame["level"] == level]
        true = part[part["method"] == TRUTH]["contrast"].mean()
        for method, one in part.groupby("method", sort=False):
            rows.append(
                {
                    "k-space": name_of(level),
                    "method": method,
                    "contrast": one["contrast"].mean(),
                    "of the true": one["contrast"].mean() / true,
                    "width [mm]": one["width"].mean(),
                    "rim": one["rim"].mean(),
                    "made up": one["made up"].mean(),
                }
            )
    return pd.DataFrame(rows)


def in_short(found: pd.DataFrame) -> str:
    """Return what :func:`table` says of fine-tuned networks: whether the needle is erased or made up."""
    said = ""
    true = found[found["method"] == TRUTH]["width [mm]"].mean()
    for name, part in found.groupby("method", sort=False):
        if not str(name).endswith(FINE_TUNED.format("")):
            continue
        kept, width, made = 100 * part["of the true"], part["width [mm]"], part["made up"].abs()
        said += (
            f" *{name}* keeps {kept.min():.0f} to {kept.max():.0f} % of the contrast and shows a width of "
            f"{width.min():.1f} to {width.max():.1f} mm (truth {true:.1f}); where there is no needle it makes up "
            f"{made.max():.2f} at most. A thinner shadow was not tried."
        )
    return said


def _measure(
    pair: Pair, plan: Plan, kept: Kept, told: Progress, refused: dict[str, str], stop: Stop
) -> tuple[list[dict[str, Any]], dict[tuple[float, str], npt.NDArray[np.float32]]]:
    """Return the needle of every frame as every method shows it, and the slice of the first frame with most of it."""
    both = pair.pierced.scan, pair.whole.scan
    count, index = both[0].volumes, pair.slice_of(0)
    bins = [pair.bins(n) for n in range(count)]
    true = [[needle_profile.sums(scan.array[n], bins[n]) for n in range(count)] for scan in both]
    taught = 0.5 if plan.fine_tuning and plan.networks else 0.0
    subject = DynamicSubject(pair.name, both[0], pair.planning)
    ways, _ = methods(subject, plan, lambda part, what: told(taught * part, what), refused, stop)
    identity = [fingerprint(scan) for scan in both]
    rows: list[dict[str, Any]] = []
    pictures: dict[tuple[float, str], npt.NDArray[np.float32]] = {}
    steps = [(level, way) for level in plan.levels for way in ways]
    for done, (level, way) in enumerate(steps):
        told(taught + (1 - taught) * done / len(steps), f"{pair.name}: {way.name}, {name_of(level)}")

        def make(level: float = level, way: Way = way) -> dict[str, Any]:
            results = [way.series(fewer(scan, level), scan, 0) for scan in both]
            found: list[list[list[float]]] = []
            picture = np.zeros((0, 0), np.float32)
            for (n, pierced), (_, whole) in zip(*results, strict=True):
                found.append([needle_profile.sums(volume, bins[n]).tolist() for volume in (pierced, whole)])
                picture = pierced[..., index] if n == 0 else picture
                if stop is not None and stop():
                    raise Stopped("was stopped before the end")
            return {"sums": found, "picture": pack(picture)}

        what = {"study": "needle", "scans": identity, "level": level, "method": way.name, **way.depends_on}
        result = kept.get(what, make)
        pictures[level, way.name] = unpack(result["picture"])
        if way is ways[0]:
            rows += [_row(pair.name, level, TRUTH, n, true[0][n], true[1][n], true[1][n]) for n in range(count)]
        rows += [
            _row(pair.name, level, way.name, n, np.array(pierced), np.array(whole), true[1][n])
            for n, (pierced, whole) in enumerate(result["sums"])
        ]
    return rows, pictures


def _row(
    name: str, level: float, method: str, frame: int, pierced: Values, whole: Values, truth: Values
) -> dict[str, Any]:
    """Return what the sums over the bins say of one frame."""
    nowhere = np.full_like(whole, np.nan)
    profile = np.divide(pierced, whole, out=nowhere, where=truth > 0)
    shadow = needle_profile.shadow(profile)
    innermost = np.flatnonzero(truth > 0)[:1]
    made_up = 1 - float((whole[innermost] / truth[innermost]).mean()) if innermost.size else float("nan")
    said = {"subject": name, "level": level, "method": method, "frame": frame + 1}
    bins = {f"P at {needle_profile.STEP * (n + 0.5):g} mm": float(value) for n, value in enumerate(profile)}
    return {**said, **asdict(shadow), "made up": made_up, **bins}


def _figure(
    pair: Pair, pictures: Mapping[tuple[float, str], npt.NDArray[np.float32]], levels: Sequence[float]
) -> Figure:
    """Return a figure of the slice with most of the needle."""
    at = (2, pair.slice_of(0))
    names = list(dict.fromkeys(method for _, method in pictures))
    names = [name for name in names if AS_PUBLISHED not in name and name not in ("area", "zero-padded")]
    like = pair.pierced.scan
    truth = slice_picture(like.array[0, ..., at[1]], like, at)
    without = slice_picture(pair.whole.scan.array[0, ..., at[1]], like, at)
    rows = []
    for n, level in enumerate(levels):
        found = [(name, slice_picture(pictures[level, name], like, at)) for name in names]
        panels = [*found, (TRUTH, truth), ("without needle", without)]
        rows.append([Panel(picture, title if n == 0 else "") for title, picture in panels])
    caption = f"{pair.name}: a needle in the liver, none in the planning scan; one slice of the first frame."
    return sheet("needle", caption, rows, [name_of(level) for level in levels], truth)


def _pair(number: int, made: Made) -> Pair:
    """Make the frames of a phantom with a needle and without, and its planning scan."""
    both = (frames(number, made, needle=needle) for needle in (True, False))
    return Pair(f"subject {number}", seed_of(number), planning(number, made).scan, *both)
