"""Every operator is linear, has the adjoint it says it has, keeps constants, and can be sent to another process."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from napari_mrsr.sampling import KSpaceCentre, Operator, ThickSlices

OPERATORS = [
    ThickSlices((5, 6, 64), 2, 2),
    ThickSlices((2, 33, 4, 5), 1, 3, "box"),
    ThickSlices((31, 4, 3), 0, 4, "gaussian"),
    ThickSlices((3, 17, 4), 1, 3, "gap"),
    ThickSlices((4, 7), -1, 2),
    KSpaceCentre((16, 12, 3), 0.25, (0, 1)),
    KSpaceCentre((2, 15, 11, 2), 0.1, (1, 2)),
    KSpaceCentre((3, 9, 9), 1.0),
]


def arrays(operator: Operator, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(operator.shape_in) + 1j * rng.standard_normal(operator.shape_in)
    y = rng.standard_normal(operator.shape_out) + 1j * rng.standard_normal(operator.shape_out)
    return x, y


@pytest.mark.parametrize("operator", OPERATORS, ids=repr)
def test_operator_is_linear(operator: Operator) -> None:
    x, _ = arrays(operator, 0)
    z, _ = arrays(operator, 1)
    np.testing.assert_allclose(operator(2.5 * x - 1j * z), 2.5 * operator(x) - 1j * operator(z), atol=1e-12)


@pytest.mark.parametrize("operator", OPERATORS, ids=repr)
def test_adjoint_passes_the_dot_product_test(operator: Operator) -> None:
    x, y = arrays(operator, 2)
    np.testing.assert_allclose(np.vdot(y, operator(x)), np.vdot(operator.H(y), x), rtol=1e-10)


@pytest.mark.parametrize("operator", OPERATORS, ids=repr)
def test_adjoint_of_the_adjoint_is_the_operator(operator: Operator) -> None:
    x, _ = arrays(operator, 3)
    assert operator.H.shape_in == operator.shape_out
    np.testing.assert_array_equal(operator.H.H(x), operator(x))


@pytest.mark.parametrize("operator", OPERATORS, ids=repr)
def test_a_constant_stays_what_it_is(operator: Operator) -> None:
    np.testing.assert_allclose(operator(np.full(operator.shape_in, 3.0)), 3.0, atol=1e-12)


@pytest.mark.parametrize("operator", OPERATORS, ids=repr)
def test_operator_survives_pickling(operator: Operator) -> None:
    x, _ = arrays(operator, 4)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(operator))(x), operator(x))


def test_an_array_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="takes"):
        ThickSlices((4, 4, 8), 2, 2)(np.zeros((4, 4, 9)))
