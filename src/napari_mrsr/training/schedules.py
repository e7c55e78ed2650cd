r"""How a network is fine-tuned: as published, or quickly.

``published``
    (Sarasaen et al., section 2.3.) One epoch over all patches of 24 x 24 x 24 voxels at stride 1, training's loss, Adam
    at a hundredth of training's rate (:math:`10^{-6}` there), its moments carried over from there. A volume of
    :math:`n_1 \times n_2 \times n_3` voxels has :math:`\prod_a (n_a - 23)` patches, 669 409 of them at 256 x 192 x 40:
    eight hours on the authors' GPU. The paper does not say how many patches a step has; 96 are those of their code.
``quick``
    Neighbours at stride 1 show nearly the same. Fewer patches, anywhere, at a larger rate that rises at the beginning
    and falls at the end, their weights averaged; as much as some minutes allow. ``benchmarks/fine_tuning.py`` compares
    rates, patches and averages with the published schedule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from napari_mrsr.errors import BadParameter

#: Least size of a patch, voxels in plane, in plane, and along the slices. In plane for safety: after two poolings 8 x 8
#: voxels are 2 x 2, where bfloat16 gradients come out at random on CPUs with matrix units (torch 2.13).
LEAST_PATCH = (12, 12, 4)


@dataclass(frozen=True)
class Schedule:
    """How long, how fast, and on which patches.

    Parameters
    ----------
    name
        What the user types.
    learning_rate
        Adam's step; None for a hundredth of training's.
    loss
        A name from :data:`napari_mrsr.training.losses.LOSSES`; None for that of training.
    patch
        Voxels of a patch in plane, in plane, and along the slices.
    stride
        Of the grid on which patches begin.
    batch
        Patches of a step.
    steps
        Steps at most; None for one epoch, in which every patch is seen once.
    minutes
        At most so long, judging included; None for as long as it takes.
    rise, fall
        Steps in which the rate rises from zero, and share of the steps (or of the minutes) in which it falls to zero.
    averaging
        Decay of the moving average of the weights that is judged and kept (0: the latest weights).
    every, patience
        Steps between judgements on held-out slices, and judgements without a better one after which it ends.
    moments
        Steps without learning in which Adam's moments are estimated where training's are not at hand.
    """

    name: str
    learning_rate: float | None = None
    loss: str | None = None
    patch: tuple[int, int, int] = (24, 24, 24)
    stride: tuple[int, int, int] = (1, 1, 1)
    batch: int = 16
    steps: int | None = None
    minutes: float | None = None
    rise: int = 0
    fall: float = 0.0
    averaging: float = 0.0
    every: int = 50
    patience: int | None = None
    moments: int = 0

    @property
    def is_one_epoch(self) -> bool:
        """Whether every patch is seen once."""
        return self.steps is None

    def rate(self, number: int, done: float = 0.0) -> float:
        """Return Adam's step at a step, of which the first is 1, where a part of everything is done (0 to 1).

        The schedule must say its rate: :meth:`after` puts it there.

        Examples
        --------
        >>> quick = Schedule("quick", 1e-3, "l1", rise=10, fall=0.5)
        >>> [round(1e3 * quick.rate(step, step / 100), 2) for step in (1, 10, 50, 75, 100)]
        [0.1, 1.0, 1.0, 0.5, 0.0]
        """
        assert self.learning_rate is not None
        factor = min(1.0, number / self.rise) if self.rise else 1.0
        if self.fall:
            factor = min(factor, max(0.0, 1 - done) / self.fall)
        return self.learning_rate * factor

    def after(self, loss: str, learning_rate: float) -> Schedule:
        """Return the schedule with what it takes from training: its loss, and a hundredth of its rate.

        Examples
        --------
        >>> PUBLISHED.after("perceptual", 1e-4).learning_rate
        1e-06
        """
        rate = learning_rate / SLOWER if self.learning_rate is None else self.learning_rate
        return replace(self, loss=self.loss or loss, learning_rate=rate)


#: By how much the published schedule is slower than training.
SLOWER = 100
PUBLISHED = Schedule("published", batch=96, every=100, moments=100)
QUICK = Schedule(
    "quick",
    learning_rate=1e-3,
    loss="l1",
    batch=8,
    steps=2000,
    minutes=10.0,
    rise=20,
    fall=0.3,
    averaging=0.98,
    every=50,
    patience=6,
)
SCHEDULES = {schedule.name: schedule for schedule in (QUICK, PUBLISHED)}


def choose(schedule: str | Schedule, **changes: Any) -> Schedule:
    """Return a schedule by name, with what is given (not None) changed; ``stride`` may be one number.

    Raises
    ------
    BadParameter
        No schedule of that name, or a change that is impossible.

    Examples
    --------
    >>> choose("quick", steps=5, minutes=None).steps
    5
    """
    if isinstance(schedule, str):
        if schedule not in SCHEDULES:
            raise BadParameter(f"no schedule {schedule!r}", remedy=f"choose one of {', '.join(SCHEDULES)}")
        schedule = SCHEDULES[schedule]
    changes = {name: value for name, value in changes.items() if value is not None}
    if isinstance(changes.get("stride"), int):
        changes["stride"] = (changes["stride"],) * 3
    chosen = replace(schedule, **changes)
    for name in ("learning_rate", "batch", "every", "steps", "minutes"):
        value = getattr(chosen, name)
        if value is not None and not value > 0:
            raise BadParameter(f"{name.replace('_', ' ')} {value:g} is not above 0", remedy="give a larger one")
    if min(chosen.stride) < 1 or any(a < b for a, b in zip(chosen.patch, LEAST_PATCH, strict=True)):
        raise BadParameter(
            f"patches of {chosen.patch} voxels at stride {chosen.stride} cannot be cut",
            remedy="give strides of at least 1 and patches of at least 12 x 12 x 4 voxels",
        )
    return chosen
