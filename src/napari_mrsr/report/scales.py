"""In which colours, and between which limits, a map is shown; T1 and T2 of a brain as on the screen.

Limits of a brain are fixed, so that one looks like the next, and lie where tissue is told apart at 3 T. T1 to 2500 ms:
white matter is near 900, cortex near 1500, and partial volume with fluid still rises; fluid itself, 4 s and more, is
white. T2 to 150 ms: white matter is near 75, cortex near 100; plaques and oedema, 120 and more, stand out; fluid has no
T2. Colours follow the relaxometry community (Fuderer et al., Magn Reson Med 2025).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Colours of a quantity.

    Parameters
    ----------
    quantity, unit
        What the colours mean.
    colormap
        Of cmcrameri or matplotlib.
    limits
        First and last colour, in the unit.
    """

    quantity: str
    unit: str
    colormap: str
    limits: tuple[float, float]

    @property
    def title(self) -> str:
        """What stands at the colour bar."""
        return f"{self.quantity} [{self.unit}]"


#: Of the maps of a brain.
BRAIN = {"T1": Scale("T1", "ms", "lipari", (0.0, 2500.0)), "T2": Scale("T2", "ms", "navia", (0.0, 150.0))}
