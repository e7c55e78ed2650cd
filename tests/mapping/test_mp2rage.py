"""T1 from MP2RAGE: the closed form against pulse by pulse, the table, the command, and what is refused."""

import json
import math

import nibabel
import numpy as np
import pytest

from napari_mrsr.cli.run import run
from napari_mrsr.errors import BadParameter, MissingParameter
from napari_mrsr.mapping.mp2rage import t1_from_mp2rage, table, timings_of
from napari_mrsr.physics.mp2rage import Mp2rageTimings, mp2rage_signals, uniform
from napari_mrsr.scan import Scan

LOPSIDED = Mp2rageTimings(6000.0, (800.0, 2700.0), (7.0, 5.0), 6.4, before=60, after=88, inversion_efficiency=0.9)


@pytest.mark.parametrize("timings", [Mp2rageTimings(), LOPSIDED])
@pytest.mark.parametrize("t1", [400.0, 1200.0, 4000.0])
def test_the_closed_form_is_that_of_pulse_by_pulse(timings, t1):
    """Thirty repetitions, each pulse and each wait by itself, settle on the steady state."""
    magnetisation, signals = 1.0, []

    def wait(before, time):
        kept = math.exp(-time / t1)
        return 1 - kept + kept * before

    for _ in range(30):
        magnetisation, signals = wait(-timings.inversion_efficiency * magnetisation, timings.gaps[0]), []
        for angle, gap in zip(np.deg2rad(timings.flip_angles), timings.gaps[1:], strict=True):
            for n in range(timings.before + timings.after):
                if n == timings.before:
                    signals.append(magnetisation * math.sin(angle))
                magnetisation = wait(magnetisation * math.cos(angle), timings.echo_spacing)
            magnetisation = wait(magnetisation, gap)
    np.testing.assert_allclose(mp2rage_signals(t1, timings), signals, rtol=1e-9)


def test_the_table_gives_back_t1_in_either_scale():
    t1 = np.linspace(200, 3000, 64).reshape(4, 4, 4)
    for image in (uniform(t1), np.round((uniform(t1) + 0.5) * 4095)):
        found = t1_from_mp2rage(Scan(image.astype(np.float32), np.eye(4)), Mp2rageTimings())
        np.testing.assert_allclose(found.array[0], t1, rtol=0.01 if image.max() > 1 else 1e-4)
        assert (found.quantity, found.unit) == ("T1", "ms")


def test_one_value_has_one_t1():
    values, t1 = table(LOPSIDED)
    assert (np.diff(values) > 0).all()
    assert (np.diff(t1) < 0).all()


def test_what_is_no_uniform_image_is_refused():
    with pytest.raises(BadParameter, match=r"-0\.5 to 0\.5"):
        t1_from_mp2rage(Scan(np.arange(64.0).reshape(4, 4, 4) * 1e4, np.eye(4)), Mp2rageTimings())
    with pytest.raises(BadParameter, match="before TI1"):
        Mp2rageTimings(before=120)
    bare = Scan(np.ones((4, 4, 4)), np.eye(4))
    with pytest.raises(MissingParameter, match="NumberShots"):
        timings_of(bare, bare)


def test_the_command_takes_timings_from_sidecars_or_options_and_leaves_air_out(tmp_path):
    rng = np.random.default_rng(0)
    head = np.zeros((20, 20, 20), bool)
    head[5:15, 5:15, 5:15] = True
    image = np.where(head, uniform(1300.0), rng.uniform(-0.5, 0.5, head.shape))
    magnitude = np.hypot(300 * head + rng.normal(0, 5, head.shape), rng.normal(0, 5, head.shape))
    record = {"RepetitionTimePreparation": 5.0, "RepetitionTimeExcitation": 0.0071, "NumberShots": 176}
    for name, array, more in (
        ("sub-1_UNIT1", image, {}),
        ("sub-1_inv-1_MP2RAGE", magnitude, {**record, "InversionTime": 0.7, "FlipAngle": 4}),
        ("sub-1_inv-2_MP2RAGE", magnitude, {**record, "InversionTime": 2.5, "FlipAngle": 5}),
    ):
        nibabel.save(nibabel.Nifti1Image(array.astype(np.float32), np.eye(4)), tmp_path / f"{name}.nii.gz")
        (tmp_path / f"{name}.json").write_text(json.dumps(more))
    uni, one, two = (str(tmp_path / f"sub-1_{n}.nii.gz") for n in ("UNIT1", "inv-1_MP2RAGE", "inv-2_MP2RAGE"))
    out = tmp_path / "T1map.nii.gz"
    assert run(["t1", uni, "--mp2rage", "--inv1", one, "--inv2", two, "-o", str(out)]) == 0
    found = nibabel.load(out).get_fdata()
    np.testing.assert_allclose(found[head], 1300, rtol=1e-3)
    assert np.isnan(found[~head]).mean() > 0.98
    options = ["--tr", "5000", "--ti", "700,2500", "--flip", "4,5", "--spacing", "7.1", "--pulses", "176"]
    assert run(["t1", uni, "--mp2rage", *options, "--inv2", two, "-o", str(out)]) == 0
    np.testing.assert_allclose(nibabel.load(out).get_fdata()[head], 1300, rtol=1e-3)
    assert run(["t1", uni, "--mp2rage", "--ti", "700,2500", "-o", str(out)]) == 2
    assert run(["t1", uni, uni, "--pulses", "176", "-o", str(out)]) == 2
