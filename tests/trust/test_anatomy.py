"""What a scan shows, from its header, else from what series, files and folders are called."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mrsr.scan import Acquisition, Scan, Source
from napari_mrsr.trust.anatomy import anatomy_of


def scan(path: str = "scan.nii.gz", **header: str) -> Scan:
    return Scan(np.ones((4, 4, 4)), np.eye(4), acquisition=Acquisition(**header), sources=(Source(path),))


@pytest.mark.parametrize(
    ("path", "word"),
    [("brain/t2w_2d.nii.gz", "brain"), ("IXI012-HH-1211-T2.nii.gz", "brain"), ("sub-01_FLAIR.nii.gz", "brain"),
     ("a/b_head_T1.nii", "brain"), ("forehead.nii", ""), ("sub-01_T2w.nii.gz", ""),
     ("abdomen/mr_3mm.nii.gz", "abdomen"), ("/data/knee/qdess/echo1/IM1.dcm", "knee")],
)  # fmt: skip
def test_names_of_files_and_folders_say_it_where_a_word_stands_alone(path: str, word: str) -> None:
    assert anatomy_of(scan(path)) == word


def test_the_header_comes_before_any_name() -> None:
    assert anatomy_of(scan("brain/t1.nii", body_part="KNEE")) == "knee"
    assert anatomy_of(scan("brain/t1.nii", series_description="SAG KNEE PD")) == "knee"
    assert anatomy_of(scan("t1.nii", series_description="t1_mprage_sag")) == "brain"


def test_the_nearest_name_is_believed_and_two_parts_in_one_name_are_not() -> None:
    assert anatomy_of(scan("brain centre/knee.nii")) == "knee"
    assert anatomy_of(scan("brain/head_and_knee.nii")) == "brain"
    assert anatomy_of(scan("head_and_knee.nii")) == ""


def test_without_a_file_or_a_header_nothing_is_known() -> None:
    assert anatomy_of(Scan(np.ones((4, 4, 4)), np.eye(4))) == ""
