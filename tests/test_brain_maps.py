"""Three scans in, maps out: on phantoms, with untrained weights, so that only what surrounds the network is judged."""

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr.brain_maps import empty, finish, map_brain, plan, run
from napari_mrsr.errors import BadParameter, MissingParameter, NotCalibrated, ScanMissing, Stopped
from napari_mrsr.mapping.brain_synthesis import synthesise
from napari_mrsr.mapping.reasons import Reason
from napari_mrsr.networks import registry
from napari_mrsr.networks.map_conditions import MapConditions
from napari_mrsr.networks.mapper import Mapper
from napari_mrsr.phantoms.brain import brain
from napari_mrsr.training.brain_contrasts import weighted
from napari_mrsr.trust import brain_intervals as intervals


@pytest.fixture(scope="module")
def phantom():
    return brain(3, spacing=6.0, lesions="none")


@pytest.fixture(scope="module")
def fine():
    """A piece at 1 mm."""
    return brain(3, shape=(8, 64, 64), lesions="none")


@pytest.fixture(scope="module")
def images(phantom):
    return list(weighted(phantom, snr=60).values())


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    conditions = MapConditions(voxel=(5.0, 7.0))
    path = tmp_path_factory.mktemp("weights") / "weights.safetensors"
    return registry.save(Mapper(features=4, levels=3, conditions=conditions.written()), path)


def test_maps_have_a_value_where_there_is_signal(phantom, images, weights):
    done = []
    found = map_brain(*images, weights=weights, progress=done.append)
    assert done[-1] == 1
    assert not found.warnings
    tissue = (phantom.share_of("white matter") + phantom.share_of("grey matter")) > 0.9
    corner = (slice(None, 3),) * 3
    for scan, unit in ((found.t1, "ms"), (found.t2, "ms"), (found.m0, "")):
        assert scan.unit == unit
        assert np.isfinite(scan.array[0][tissue]).all()
        assert np.isnan(scan.array[0][corner]).all()
        assert scan.same_grid(images[0])
    assert (found.t1_reason.array[0][corner] == Reason.AIR).all()
    assert "not measured" in found.t1.history[-1].parameters["use"]


def test_values_out_of_range_are_not_a_number_with_a_reason(images, weights):
    job = plan(*images, weights=weights)
    maps = np.ones((3, *images[0].shape), np.float32) * np.array([900, 2000, 0.8], np.float32)[:, None, None, None]
    found = finish(job, maps)
    assert np.isfinite(found.t1.array[0][job.inside]).all()
    assert np.isnan(found.t2.array).all()
    assert (found.t2_reason.array[0][job.inside] == Reason.OUT_OF_RANGE).all()


def test_images_made_anew_from_the_true_maps_agree_with_those_acquired(phantom, images, weights):
    even = list(weighted(phantom, snr=None, b1=False, coil=False).values())
    job = plan(*even, weights=weights)
    maps = np.stack(phantom.maps).astype(np.float32)
    maps[:, ~np.isfinite(maps).all(axis=0)] = np.nan
    found = finish(job, maps)
    flat = np.where(np.isfinite(maps), np.array([1200, 90, 0.8], np.float32)[:, None, None, None], np.nan)
    wrong = finish(job, flat)
    assert max(found.misfit[name] for name in ("T1w", "T2w")) < 3  # of FLAIR mixtures null fluid, and maps do not
    assert wrong.misfit["T1w"] > 3 * found.misfit["T1w"]
    shown = found.synthesised["T2w"].array - even[1].array
    inside = job.inside & np.isfinite(maps).all(axis=0)
    np.testing.assert_allclose(found.difference["T2w"].array[0][inside], shown[0][inside], rtol=1e-5, atol=1e-2)


def test_within_a_tissue_true_maps_explain_all_three_images(fine):
    """At 1 mm; where tissues meet, signals of both signs add up in FLAIR, which no T1 and T2 of a voxel can say."""
    even = weighted(fine, snr=None, b1=False, coil=False)
    maps = np.stack(fine.maps).astype(np.float32)
    inside = np.isfinite(maps).all(axis=0)
    pure = inside & (np.max([fine.fractions[name] for name in fine.fractions], axis=0) > 0.999)
    made = synthesise(even, maps, inside, timings=MapConditions(), scales=dict.fromkeys(even, 1.0))
    assert pure.sum() > 0.4 * inside.sum()
    for name, scan in even.items():
        bright = np.percentile(scan.array[0][pure], 98)
        assert np.abs(made.difference[name].array[0][pure]).max() < 0.005 * bright, name


@pytest.mark.parametrize("plane", ["sagittal", "coronal", "axial"])
def test_slices_are_cut_in_any_plane(images, weights, plane):
    job = plan(*images, weights=weights, plane=plane)
    assert {"sagittal": 0, "coronal": 1, "axial": 2}[plane] == job.normal
    maps = empty(job)
    for tile in run(job):
        tile.write(maps)
    assert np.isfinite(maps[:, job.inside]).all()


def test_the_plane_of_thick_slices_is_kept(images, weights):
    thick = [replace(scan, affine=scan.affine @ np.diag([1, 1, 3, 1])) for scan in images]
    assert plan(*thick, weights=weights).normal == 2
    assert plan(*images, weights=weights).normal == 0


def test_a_volume_on_its_side_and_oblique_has_the_same_maps(images, weights):
    a, b = np.cos(0.2), np.sin(0.2)
    oblique = np.array([[a, -b, 0, 3], [a * b, a * a, -b, 0], [b * b, a * b, a, 0], [0, 0, 0, 1]])

    def turned(scan):
        """The same voxels in another order of axes, the first of them backwards, in a head that nods and turns."""
        turn = np.eye(4)[:, [2, 0, 1, 3]] @ np.diag([-1.0, 1, 1, 1])
        turn[2, 3] = scan.shape[2] - 1
        affine = oblique @ scan.affine @ turn
        return replace(scan, array=scan.array.transpose(0, 3, 1, 2)[:, ::-1], affine=affine, slice_axis=None)

    one = map_brain(*images, weights=weights, precision="fp32")
    other = map_brain(*(turned(scan) for scan in images), weights=weights, precision="fp32")
    np.testing.assert_allclose(
        other.t1.array, one.t1.array.transpose(0, 3, 1, 2)[:, ::-1], rtol=1e-3, atol=0.5, equal_nan=True
    )


def test_gain_does_not_matter(images, weights):
    louder = [scan.after("gain", scan.array * gain) for scan, gain in zip(images, (10, 0.01, 3), strict=True)]
    one, other = (map_brain(*scans, weights=weights, precision="fp32") for scans in (images, louder))
    np.testing.assert_allclose(one.t2.array, other.t2.array, rtol=1e-3, equal_nan=True)


def test_the_slice_on_screen_comes_first(images, weights, monkeypatch):
    monkeypatch.setattr("napari_mrsr.inference.slice_maps.BATCH_VOXELS", 1)
    job = plan(*images, weights=weights)
    first = next(run(job, first=20))
    assert first.where[0] == slice(20, 21)


def test_it_stops(images, weights, monkeypatch):
    monkeypatch.setattr("napari_mrsr.inference.slice_maps.BATCH_VOXELS", 1)
    asked = iter([False, False, True])
    with pytest.raises(Stopped):
        map_brain(*images, weights=weights, stop=lambda: next(asked))


def test_timings_that_a_header_lacks_are_asked_for_by_name(images, weights):
    bare = images[0].with_acquisition(inversion_time=None)
    with pytest.raises(MissingParameter, match=r"TI of T1w \(900 ms\)"):
        map_brain(bare, *images[1:], weights=weights)
    found = map_brain(bare, *images[1:], weights=weights, assume=True)
    assert any("TI of T1w (900 ms) was assumed" in line for line in found.warnings)


def test_scans_unlike_the_training_are_told(images, weights):
    far = [
        images[0].with_acquisition(inversion_time=1200.0),
        images[1].with_acquisition(echo_times=(60.0,), field_strength=1.5),
        images[2],
    ]
    told = " ".join(plan(*far, weights=weights).warnings)
    assert "TI of 1200 ms, the training 900" in told
    assert "TE of 60 ms, the training 93" in told
    assert "1.5, 3 T" in told


def test_two_of_three_and_unknown_planes_are_refused(images, weights):
    with pytest.raises(ScanMissing):
        map_brain(images[0], images[1], None, weights=weights)
    with pytest.raises(BadParameter, match="plane"):
        map_brain(*images, weights=weights, plane="oblique")


def test_what_unlike_timings_do_to_the_maps_is_told(images, weights):
    """The echo time in the header of a long FLAIR train weighs nothing, and is not compared."""
    far = [images[0], images[1].with_acquisition(echo_times=(62.0,)), images[2].with_acquisition(echo_times=(90.0,))]
    told = plan(*far, weights=weights).warnings
    assert len(told) == 1
    assert "T2 may read too long, by about 50 %" in told[0]


def test_slices_thicker_than_those_of_the_training_are_told(images, weights):
    thick = [replace(scan, affine=scan.affine @ np.diag([1, 1, 3, 1])) for scan in images]
    assert any("slices of 18 mm" in line for line in plan(*thick, weights=weights).warnings)


def test_flair_is_synthesised_by_a_model_that_says_so(images, weights):
    found = map_brain(*images, weights=weights)
    assert set(found.synthesised) == {"T1w", "T2w", "FLAIR"}
    assert "model" in found.synthesised["FLAIR"].history[-1].parameters["model"]


def test_uncertainty_is_asked_for_and_stands_where_the_map_does(images, weights):
    with pytest.raises(NotCalibrated):
        map_brain(*images, weights=weights, uncertainty=True)
    sha256 = intervals.sha256_of(weights)
    known = [intervals.MapCalibration(name, sha256, 0.9, (0.0025, 0, 0, 0), 2.0, 9) for name in ("T1", "T2")]
    intervals.save(known, weights.parent / intervals.FILE)
    done = []
    found = map_brain(*images, weights=weights, uncertainty=True, progress=done.append)
    assert done[-1] == 1
    np.testing.assert_allclose(found.t1_uncertainty.array, 0.1 * found.t1.array, rtol=1e-3, equal_nan=True)
    assert found.t2_uncertainty.unit == "ms"
