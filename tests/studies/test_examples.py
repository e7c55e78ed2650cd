import numpy as np
import pytest

from napari_mrsr.networks import registry
from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import Subject
from napari_mrsr.studies.examples import reformat
from napari_mrsr.studies.kept import Kept

#: A sagittal series: i from front to back, j from top to bottom, k from the patient's left to the right.
AFFINE = np.array([[0, 0, 1.4, 0], [-0.5, 0, 0, 0], [0, -0.5, 0, 0], [0, 0, 0, 1.0]])
TRICUBIC = [registry.find("tricubic")]


@pytest.fixture
def subject() -> Subject:
    rng = np.random.default_rng(0)
    scan = Scan(1 + rng.random((2, 24, 20, 11), np.float32), AFFINE, axis="echo", names=("S1", "S2"), slice_axis=2)
    labels = np.zeros(scan.shape, np.uint8)
    labels[6:14, 12, 2:8] = 1
    return Subject("a", scan, labels, {1: "femoral cartilage"})


def test_a_sagittal_series_is_reformatted_axially_where_the_cartilage_is(subject):
    example = reformat(subject, TRICUBIC, "first")
    assert example.plane == "axial"
    assert [row.name for row in example.rows] == ["S1", "S2"]
    shown = example.rows[1].reference
    assert shown.letters == ("A", "P", "R", "L")
    assert shown.spacing == (0.5, 1.4)
    # rows from front to back, columns from the patient's right to left; the odd last slice fills no thick one
    np.testing.assert_array_equal(shown.values, subject.scan.array[1, :, 12, 9::-1])


def test_the_other_reformat_is_coronal(subject):
    example = reformat(subject, TRICUBIC, "second")
    assert example.plane == "coronal"
    assert example.rows[0].reference.letters == ("S", "I", "R", "L")
    assert example.rows[0].results["tricubic"].values.shape == example.rows[0].reference.values.shape


def test_tricubic_pictures_agree_where_a_thick_slice_lies_on_a_constant_scan(subject):
    even = Subject(
        "b", subject.scan.after("constant", np.full_like(subject.scan.array, 3.0)), subject.labels, subject.regions
    )
    even.scan.array[:, 0, 0, 0] = 0.0  # a constant image shows nothing and is refused
    found = reformat(even, TRICUBIC, "first").rows[0].results["tricubic"].values
    np.testing.assert_allclose(found, 3.0, atol=1e-4)


def test_a_network_for_two_echoes_is_left_out_of_a_scan_with_one(subject):
    one = Subject("c", subject.scan.volume(0), subject.labels, subject.regions)
    example = reformat(one, [registry.find("mrsr"), *TRICUBIC], "first")
    assert list(example.rows[0].results) == ["tricubic"]


def test_pictures_are_kept_and_a_broken_file_is_made_again(subject, tmp_path):
    first = reformat(subject, TRICUBIC, "first", kept=Kept(tmp_path)).rows[0].results["tricubic"].values
    (file,) = tmp_path.iterdir()
    file.write_text("{")
    again = reformat(subject, TRICUBIC, "first", kept=Kept(tmp_path)).rows[0].results["tricubic"].values
    np.testing.assert_array_equal(first, again)
    assert file.stat().st_size > 100


def test_another_setting_finds_nothing_kept(tmp_path):
    kept = Kept(tmp_path)
    assert kept.get({"planes": 12}, lambda: {"t2": 35.0}) == {"t2": 35.0}
    assert kept.has({"planes": 12})
    assert not kept.has({"planes": 4})
    assert kept.get({"planes": 4}, lambda: {"t2": None}) == {"t2": None}
