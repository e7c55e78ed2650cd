"""A linear operator A from the fine to the coarse grid, with its adjoint.

``A(x)`` simulates what the scanner would have measured of ``x``; ``A.H(y)`` is its adjoint, ``<A x, y> = <x, A.H y>``.
The same operators make the training pairs, check a result against what was acquired, and project it back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt


class Operator(ABC):
    """A linear map between arrays of fixed shape.

    Parameters
    ----------
    shape_in, shape_out
        Shapes of ``x`` and of ``A(x)``.
    """

    def __init__(self, shape_in: tuple[int, ...], shape_out: tuple[int, ...]) -> None:
        self.shape_in = tuple(shape_in)
        self.shape_out = tuple(shape_out)

    def __call__(self, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return ``A x``; raises ValueError if ``x`` has another shape."""
        if np.shape(x) != self.shape_in:
            raise ValueError(f"{self!r} takes {self.shape_in}, not {np.shape(x)}")
        return self._forward(np.asarray(x))

    @property
    def H(self) -> Operator:  # the field's name for the adjoint
        """The adjoint operator."""
        return Adjoint(self)

    @abstractmethod
    def _forward(self, x: npt.NDArray[Any]) -> npt.NDArray[Any]: ...

    @abstractmethod
    def _adjoint(self, y: npt.NDArray[Any]) -> npt.NDArray[Any]: ...

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.shape_in} -> {self.shape_out}>"


class Adjoint(Operator):
    """The adjoint of another operator."""

    def __init__(self, of: Operator) -> None:
        super().__init__(of.shape_out, of.shape_in)
        self.of = of

    @property
    def H(self) -> Operator:
        """The operator itself."""
        return self.of

    def _forward(self, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return self.of._adjoint(x)

    def _adjoint(self, y: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return self.of._forward(y)
