"""Derivatives that other programs read by the names and units of BIDS."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from napari_mrsr.errors import BadParameter, MissingParameter
from napari_mrsr.files import read_map
from napari_mrsr.report.bids import echo_names, write_bids
from napari_mrsr.report.contents import Report
from napari_mrsr.scan import Acquisition, Scan

#: Entities in the order of the specification, then suffix and extension.
NAME = re.compile(
    r"sub-[0-9a-zA-Z]+(_acq-[0-9a-zA-Z]+)?(_rec-[0-9a-zA-Z]+)?(_echo-[0-9]+)?(_desc-[0-9a-zA-Z]+)?"
    r"_(T2map|MEGRE|MESE|dseg|T1w|T2w|PDw|FLAIR)\.(nii\.gz|json|tsv)"
)


def test_t2_is_in_seconds_and_says_so(report: Report, tmp_path: Path) -> None:
    write_bids(report, tmp_path)
    for role in ("acquired", "SR"):
        stem = tmp_path / f"sub-01/anat/sub-01_desc-{role}_T2map"
        image = nib.load(f"{stem}.nii.gz")
        inside = np.isfinite(report.maps[role].array[0])
        np.testing.assert_allclose(
            np.asarray(image.dataobj)[inside] * 1000.0, report.maps[role].array[0][inside], rtol=1e-6
        )
        np.testing.assert_allclose(image.affine, report.maps[role].affine, atol=1e-5)
        sidecar = json.loads(Path(f"{stem}.json").read_text(encoding="utf-8"))
        assert sidecar["Units"] == "s"
        assert sidecar["EchoTime"] == [0.007, 0.039]
        assert sidecar["RepetitionTime"] == 0.023
        assert sidecar["Provenance"]["History"][-1]["Name"] == "ms to s"
    again = read_map(Path(f"{stem}.nii.gz"))
    assert (again.quantity, again.unit) == ("T2", "s")


def test_every_name_is_one_of_the_specification(report: Report, tmp_path: Path) -> None:
    written = write_bids(replace(report, subject="knee7"), tmp_path)
    anat = [path for path in written if path.parent.name == "anat"]
    assert len(anat) == 2 * 2 + 2 * 2 + 3
    for path in anat:
        assert NAME.fullmatch(path.name), path.name
        assert path.name.startswith("sub-knee7_")
        assert path.is_file()
    description = json.loads((tmp_path / "dataset_description.json").read_text(encoding="utf-8"))
    assert description["DatasetType"] == "derivative"
    assert description["GeneratedBy"][0]["Name"] == "napari-mrsr"


def test_regions_have_a_lookup_table(report: Report, tmp_path: Path) -> None:
    write_bids(report, tmp_path)
    stem = tmp_path / "sub-01/anat/sub-01_desc-roi_dseg"
    table = pd.read_csv(f"{stem}.tsv", sep="\t")
    assert table.to_dict("list") == {"index": [1, 3], "name": ["medial femoral cartilage", "medial tibial cartilage"]}
    image = nib.load(f"{stem}.nii.gz")
    assert image.get_data_dtype() == np.uint8
    assert report.labels is not None
    np.testing.assert_array_equal(np.asarray(image.dataobj), report.labels.array[0])


@pytest.mark.parametrize(
    ("names", "acquisition", "expected"),
    [
        (
            ("S1", "S2"),
            Acquisition(repetition_time=20.0, echo_times=(5.0, 35.0)),
            "acq-dess_rec-SR_echo-2_desc-SR_MEGRE",
        ),
        (
            ("TE 10 ms", "TE 20 ms", "TE 30 ms"),
            Acquisition(echo_times=(10.0, 20.0, 30.0)),
            "rec-SR_echo-2_desc-SR_MESE",
        ),
        (("sub-1_T1w", "sub-1_FLAIR"), Acquisition(), "rec-SR_desc-SR_FLAIR"),
    ],
)
def test_echoes_and_contrasts_have_the_suffix_that_fits(
    names: tuple[str, ...], acquisition: Acquisition, expected: str
) -> None:
    scan = Scan(np.zeros((len(names), 2, 2, 2)), np.eye(4), axis="echo", names=names, acquisition=acquisition)
    assert echo_names(scan)[1] == expected
    assert len(set(echo_names(scan))) == len(names)


def test_what_cannot_be_named_or_written_is_refused(report: Report, tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="subject"):
        write_bids(replace(report, subject="Doe^Jane"), tmp_path)
    bare = Report(report.scan)
    with pytest.raises(MissingParameter, match="nothing is derived"):
        write_bids(bare, tmp_path)
    assert list(tmp_path.iterdir()) == []
