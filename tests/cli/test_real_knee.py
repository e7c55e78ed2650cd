"""The real dual-echo DESS of half a knee, from its DICOM folder."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def folder(real_data):
    return real_data / "knee" / "qdess_lateral"


def test_info_knows_the_sequence(shell, folder):
    outcome = shell("info", folder)
    assert outcome.code == 0, outcome.err
    assert "7.48, 42.52 ms" in outcome.out
    assert "TE2 = 2 TR - TE1 holds" in outcome.out
    assert "0.03132 mT s/m" in outcome.out
    assert "0.3125 x 0.3125 x 1.5 mm" in outcome.out


def test_super_resolution_halves_the_slices(shell, folder, load, tmp_path):
    outcome = shell("sr", folder, "-o", tmp_path / "out.nii.gz", "--method", "tricubic")
    assert outcome.code == 0, outcome.err
    array, affine = load(tmp_path / "out.nii.gz")
    assert array.shape == (512, 512, 76, 2)
    assert np.isfinite(array).all()
    np.testing.assert_allclose(np.sqrt((affine[:3, :3] ** 2).sum(axis=0)), (0.3125, 0.3125, 0.75), atol=1e-4)


def test_t2_of_cartilage_and_muscle_is_plausible(shell, folder, load, tmp_path):
    """Muscle at 3 T has a T2 of about 30 ms, cartilage of 30 to 45 ms: the bulk of valid voxels lies between."""
    outcome = shell("t2", folder, "-o", tmp_path / "t2.nii.gz")
    assert outcome.code == 0, outcome.err
    assert "spoiler" not in outcome.err  # the GE tags are found
    values = load(tmp_path / "t2.nii.gz")[0]
    assert values.shape == (512, 512, 38)
    assert 0.05 < np.isfinite(values).mean() < 0.9
    assert 20 < np.nanmedian(values) < 45
