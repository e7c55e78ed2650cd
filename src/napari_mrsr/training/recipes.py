"""One recipe per network: what it is, how it is trained, and the published figures beside ours."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from napari_mrsr.errors import BadParameter, UnknownMethod

if TYPE_CHECKING:
    from napari_mrsr.training.pairs import Augmentation


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Parameters
    ----------
    network
        Its name in :mod:`napari_mrsr.networks`.
    settings
        Its arguments.
    loss
        A name from :data:`napari_mrsr.training.losses.LOSSES`.
    learning_rate
        Adam's step at the plateau.
    batch
        Patches of a step.
    steps
        Steps of the whole run.
    warm_up, cool_down
        Shares of the steps in which the rate rises from and falls to zero (both 0: constant, as published).
    factors, echoes
        What a batch may be made for.
    jitter, augment
        Patches off the stride grid; other contrasts, shading, noise and slice profiles: all, none, or those named.
    patch
        Size of a patch: voxels across the slice axis, and thick slices. In plane: voxels along each axis, slices last.
    stride, fractions
        In plane: where patches begin, and the shares of k-space that a batch may be seen through. Without any the
        recipe is one for slices.
    averaging
        Decay of the moving average of the weights that is shipped (0: the last weights).
    features
        Feature network of one's own that a perceptual loss looks through (None: the shipped one).
    anatomy
        In plane: whose scans teach, which decides what is cut from them and which phantoms stand beside them.
    """

    network: str
    settings: dict[str, Any]
    loss: str
    learning_rate: float
    batch: int
    steps: int
    warm_up: float = 0.0
    cool_down: float = 0.0
    factors: tuple[int, ...] = (2,)
    echoes: tuple[int, ...] = (1,)
    jitter: bool = False
    augment: bool | tuple[Augmentation, ...] = False
    patch: tuple[int, ...] = (32, 16)
    stride: tuple[int, int, int] = (16, 16, 16)
    fractions: tuple[float, ...] = ()
    averaging: float = 0.0
    features: Path | None = None
    anatomy: Literal["abdomen", "brain"] = "abdomen"


#: 30 volumes of 5625 patches for 10 epochs in batches of 50 (paper 1, sections 3.1 and 3.2).
PUBLISHED_STEPS = 30 * 5625 * 10 // 50
#: 56 volumes (70 % of 80) of about 20 x 20 x 2 patches, 200 epochs, batches of 96 (paper 3, section 2.3, and its code).
ABDOMEN_STEPS = 56 * 20 * 20 * 2 * 200 // 96

RECIPES: dict[str, Recipe] = {
    "mrsr": Recipe(
        network="mrsr",
        settings={"echoes": 2, "features": 64, "layers": 20},
        loss="l2",
        learning_rate=1e-4,
        batch=50,
        steps=PUBLISHED_STEPS,
        echoes=(2,),
    ),
    "lean": Recipe(
        network="lean",
        settings={"features": 32, "blocks": 6, "factors": (2, 3, 4)},
        loss="l1",
        learning_rate=5e-4,
        batch=8,
        steps=12_000,
        warm_up=0.02,
        cool_down=0.3,
        factors=(2, 2, 2, 2, 3, 4),
        echoes=(1, 1, 2),
        jitter=True,
        augment=True,
        averaging=0.999,
    ),
    "abdomen": Recipe(
        network="unet",
        settings={"features": 64},
        loss="perceptual",
        learning_rate=1e-4,
        batch=96,
        steps=ABDOMEN_STEPS,
        patch=(24, 24, 24),
        stride=(12, 12, 6),
        fractions=(0.25, 0.1, 0.0625),
    ),
    "swift": Recipe(
        network="swift",
        settings={"features": 32, "blocks": 3},
        loss="l1",
        learning_rate=1e-3,
        batch=8,
        steps=6000,
        warm_up=0.02,
        cool_down=0.4,
        augment=True,
        patch=(64, 64, 12),
        stride=(1, 1, 1),
        fractions=(0.25, 0.1, 0.0625),
        averaging=0.999,
    ),
    "cpce-l1": Recipe(
        network="cpce",
        settings={"features": 32, "shortcut": True},
        loss="l1",
        learning_rate=1e-3,
        batch=16,
        steps=6000,
        warm_up=0.02,
        cool_down=0.4,
        augment=True,
        patch=(64, 64, 1),
        stride=(1, 1, 1),
        fractions=(0.25,),
        averaging=0.999,
        anatomy="brain",
    ),
    "circle-l1": Recipe(
        network="circle",
        settings={"features": 64},
        loss="l1",
        learning_rate=1e-3,
        batch=16,
        steps=4000,
        warm_up=0.02,
        cool_down=0.4,
        augment=True,
        patch=(64, 64, 1),
        stride=(1, 1, 1),
        fractions=(0.25,),
        averaging=0.999,
        anatomy="brain",
    ),
}


def find(name: str) -> Recipe:
    """Return a recipe by name; raises UnknownMethod."""
    try:
        return RECIPES[name]
    except KeyError:
        raise UnknownMethod(f"no recipe {name!r}", remedy=f"choose one of {', '.join(RECIPES)}") from None


def shrink(recipe: Recipe) -> Recipe:
    """Return a recipe small enough to see within a minute or two that everything works."""
    small: dict[str, dict[str, int]] = {
        "mrsr": {"features": 8, "layers": 6},
        "lean": {"features": 8, "blocks": 2},
        "unet": {"features": 8},
        "swift": {"features": 8, "blocks": 1},
        "cpce": {"features": 6},
        "circle": {"features": 20},
    }
    return replace(recipe, settings={**recipe.settings, **small[recipe.network]}, batch=4, steps=60)


def doubled(name: str, network: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of GAN-CIRCLE as in its released code; raises BadParameter for another network."""
    if network != "circle":
        raise BadParameter(f"{name} works on the grid of the result", remedy="leave --doubling out, or train circle")
    return {**settings, "doubling": True}


def describe(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe as a JSON-able dict."""
    return {**asdict(recipe), "features": None if recipe.features is None else str(recipe.features)}
