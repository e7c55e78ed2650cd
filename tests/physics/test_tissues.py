"""Tissue values are possible, and their sources are named."""

from __future__ import annotations

import pytest

from napari_mrsr.physics import tissues
from napari_mrsr.physics.tissues import TISSUES, Tissue


@pytest.mark.parametrize("tissue", TISSUES.values(), ids=list(TISSUES))
def test_t2_is_shorter_than_t1_and_the_source_is_in_the_list(tissue: Tissue) -> None:
    assert 0 < tissue.t2 < tissue.t1 < 5000
    assert 0 < tissue.proton_density <= 1
    author = tissue.source.removeprefix("T2: ").split(" 20")[0].split(" 19")[0]
    assert f"- {author}" in (tissues.__doc__ or "")


def test_the_knee_reads_as_printed_by_gold_2004() -> None:
    printed = {
        "cartilage": (1240, 36.9),
        "muscle": (1420, 31.7),
        "synovial fluid": (3620, 767),
        "marrow fat": (365, 133),
    }
    assert {name: (TISSUES[name].t1, TISSUES[name].t2) for name in printed} == printed
