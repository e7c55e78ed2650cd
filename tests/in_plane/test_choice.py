"""Which network sharpens a brain by itself, and why; the pair of a network and its twin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from napari_mrsr import in_plane
from napari_mrsr.errors import BadParameter, UnknownMethod
from napari_mrsr.in_plane.choice import choose_method, with_twin
from napari_mrsr.sampling import degrade
from napari_mrsr.scan import Acquisition, Source
from tests.brains import brain, shipped


def test_of_a_brain_the_network_that_invents_least_is_chosen_and_says_so(tmp_path: Path) -> None:
    with shipped(tmp_path):
        method, reason = choose_method(brain())
    assert method.name == "cpce-l1"
    assert reason == "cpce-l1: trained on brain with L1 alone, which invents least"


def test_where_no_twin_is_here_the_reason_says_what_that_means(tmp_path: Path) -> None:
    with shipped(tmp_path, ("cpce",)):
        method, reason = choose_method(brain())
    assert method.name == "cpce"
    assert "may invent" in reason


def test_an_abdomen_has_its_own_network_whatever_there_is_for_brains() -> None:
    abdomen = replace(brain(), acquisition=Acquisition(body_part="ABDOMEN"))
    method, reason = choose_method(abdomen)
    assert method.name == "swift"
    assert reason == "swift: the best method in plane, trained on abdomen"


def test_without_weights_nothing_is_invented(tmp_path: Path) -> None:
    with shipped(tmp_path, ()):
        assert choose_method(brain())[0].name == "fourier"


def test_a_network_and_its_twin_are_found_from_either_name(tmp_path: Path) -> None:
    with shipped(tmp_path):
        for name in ("cpce", "cpce-l1"):
            assert [one.name for one in with_twin(name)] == ["cpce", "cpce-l1"]
        with pytest.raises(BadParameter, match="no twin"):
            with_twin("fourier")
        with pytest.raises(UnknownMethod):
            with_twin("srcnn")
    with shipped(tmp_path, ("cpce",)), pytest.raises(UnknownMethod):
        with_twin("cpce")


def test_another_contrast_than_the_cards_is_in_the_plan_and_in_the_history(tmp_path: Path) -> None:
    t1w = replace(brain(), sources=(Source("brain/one_T1w.nii.gz"),), acquisition=Acquisition())
    with shipped(tmp_path):
        low = degrade(t1w, kspace=0.25)
        line = "T1w scan, weights of T2w and FLAIR (cpce-l1): take weights that learned from T1w"
        assert in_plane.plan(low).outside == (line,)
        assert in_plane.sharpen(low).history[-1].parameters["outside"] == list(in_plane.plan(low).outside)
        assert in_plane.plan(degrade(brain(), kspace=0.25)).outside == ()
