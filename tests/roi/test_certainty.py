"""The certainty of a region's T2 against drawn noise, on a phantom, and against two scans mapped apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr import roi, superres
from napari_mrsr.mapping import T2Map, t1_by_label, t2_from_dess, with_uncertainty
from napari_mrsr.phantoms import LABELS, knee
from napari_mrsr.physics.dess import PRESETS
from napari_mrsr.physics.epg import dess_signals
from napari_mrsr.roi.certainty import EMPTIED, Refinement, brighter_part, certainty, flag_words, with_certainty
from napari_mrsr.scan import Acquisition, Scan

LOW = PRESETS["GE qDESS, low spoiler, 20 deg"]
HEADER = Acquisition(
    repetition_time=LOW.repetition_time,
    echo_times=(LOW.echo_time, LOW.second_echo_time),
    flip_angle=LOW.flip_angle,
    spoiler_moment=LOW.spoiler_moment,
    spoiler_duration=LOW.spoiler_duration,
)
SHAPE = (40, 40, 12)


def noisy(clean: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.hypot(clean + random.normal(0, sigma, clean.shape), random.normal(0, sigma, clean.shape)).astype("f4")


def tissue(t2: np.ndarray, t1: float | np.ndarray = 1200.0) -> Scan:
    """Thick slices of tissue in air; T2 0 is air."""
    first, second = dess_signals(t1, np.where(t2 > 0, t2, 1.0), LOW, 1000.0)
    return Scan(
        (np.stack([first, second]) * (t2 > 0)).astype("f4"),
        np.diag([0.5, 0.5, 1.4, 1]),
        axis="echo",
        names=("S1", "S2"),
        acquisition=HEADER,
        slice_axis=2,
    )


def block(*values: float) -> np.ndarray:
    """Columns of tissue along j, air around them."""
    t2 = np.zeros(SHAPE)
    for n, value in enumerate(values):
        t2[12:32, 12 + 8 * n : 20 + 8 * n, 2:10] = value
    return t2


def painted(array: np.ndarray, like: Scan) -> Scan:
    return like.after("painted", array[None].astype(np.uint8), axis="label", names=("roi",), quantity="label", unit="")


@pytest.mark.parametrize("method", ["tricubic", "trilinear"])
def test_means_of_drawn_noise_scatter_as_said_before_and_after_super_resolution(method: str) -> None:
    clean = tissue(block(32.0, 44.0))
    fine = np.zeros((40, 40, 24))
    fine[14:30, 13:19, 6:15], fine[14:30, 21:27, 6:17] = 1, 2
    thick = fine[..., ::2]
    means: dict[str, list[np.ndarray]] = {"acquired": [], "SR": []}
    said = {}
    for seed in range(60):
        scan = replace(clean, array=noisy(clean.array, 1.2, seed))
        found = with_uncertainty(scan, t2_from_dess(scan, fluid=False))
        refined = superres.super_resolve(scan, method=method, factor=2)
        sharp = t2_from_dess(refined, fluid=False).map
        for role, map, labels in (("acquired", found.map, thick), ("SR", sharp, fine)):
            regions = painted(labels, map)
            means[role].append(roi.statistics(map, regions)["mean"].to_numpy())
            if seed == 0:
                how = Refinement(refined, method, 2, SHAPE[2]) if role == "SR" else None
                said[role] = certainty(map, regions, acquired=found, refinement=how)
    for role, drawn in means.items():
        scatter = np.std(drawn, axis=0, ddof=1)
        np.testing.assert_allclose(said[role]["standard_error"], scatter, rtol=0.25)
    n = roi.statistics(sharp, regions)["n"].to_numpy()
    assert (said["SR"]["n_effective"].to_numpy() < 0.75 * n).all()  # twice the slices, hardly more measurement


def test_zero_filling_widens_the_error_by_the_root_of_its_factor() -> None:
    scan = tissue(block(35.0, 35.0))
    scan = replace(scan, array=noisy(scan.array, 1.0, 0))
    found = with_uncertainty(scan, t2_from_dess(scan))
    assert found.sigma is not None
    regions = painted(block(35.0), scan)
    one = certainty(found.map, regions, acquired=found).iloc[0]
    shared = found.sigma.after("correlated noise", found.sigma.array, parameters={"correlated": 4.0})
    four = certainty(found.map, regions, acquired=replace(found, sigma=shared)).iloc[0]
    assert four["standard_error"] == pytest.approx(2 * one["standard_error"])
    assert four["n_effective"] == pytest.approx(one["n_effective"] / 4)


def test_t1_by_label_reads_each_tissue_as_a_scan_of_its_own_would_be() -> None:
    """Meniscus-like and cartilage-like tissue in one scan, against two scans mapped apart with one T1 each."""
    t2, t1 = block(18.0, 36.0), np.full(SHAPE, 1200.0)
    t1[:, :20] = 900.0
    both = tissue(t2, t1)
    regions = painted(np.where(t2 == 18.0, 1, 0) + np.where(t2 == 36.0, 2, 0), both)
    names = {1: "medial meniscus", 2: "cartilage"}
    made = t2_from_dess(both, t1=t1_by_label(regions, {1: 900.0}, elsewhere=1200.0, names=names), noise=1.0)
    apart = [t2_from_dess(tissue(t2, t1), t1=value, noise=1.0) for value in (900.0, 1200.0)]
    for label, alone in zip((1, 2), apart, strict=True):
        here = regions.array == label
        np.testing.assert_allclose(made.map.array[here], alone.map.array[here], rtol=1e-5)
    step = made.map.history[-1].parameters
    assert (step["t1_by_tissue"], step["t1_elsewhere"]) == ({"medial meniscus": 900.0}, 1200.0)
    told = certainty(made.map, regions, names=names)
    assert told["t1_assumed"].tolist() == [900.0, 1200.0]


@pytest.fixture(scope="module")
def phantom() -> tuple[T2Map, Scan, dict[int, str]]:
    """A coarse knee with its noise, and the regions that a preset offers."""
    made = knee(3, shape=(112, 112, 28), spacing=(1.4, 1.4, 1.6))
    wanted = ("patellar cartilage", "medial meniscus", "patellar tendon", "quadriceps tendon")
    numbers = {name: number for number, name in LABELS.items()}
    array = np.zeros(made.labels.array.shape[1:], np.uint8)
    for label, name in enumerate(wanted, start=1):
        array[made.labels.array[0] == numbers[name]] = label
    found = with_uncertainty(made.scan, t2_from_dess(made.scan))
    return found, painted(array, made.labels), dict(enumerate(wanted, start=1))


def test_tendons_and_menisci_of_the_phantom_are_too_short_and_cartilage_is_not(
    phantom: tuple[T2Map, Scan, dict[int, str]],
) -> None:
    found, regions, names = phantom
    table = roi.statistics(found.map, regions, names=names)
    told = with_certainty(table, certainty(found.map, regions, acquired=found, names=names)).set_index("name")
    assert told["flag"].to_dict() == {
        "patellar cartilage": "",
        "medial meniscus": "too short",
        "patellar tendon": "too short",
        "quadriceps tendon": "too short",
    }
    assert told.loc["patellar cartilage", ["mean", "standard_error", "t1_longer", "b1_lower"]].notna().all()
    assert told.loc["quadriceps tendon", list(EMPTIED)].isna().all()
    assert told.loc["medial meniscus", "at_most"] > 11.4  # the truth lies below what noise makes of it
    words = flag_words(told.loc["patellar tendon"])
    assert words.startswith("T2 is too short for this TR and TE")
    assert "at most about" in words


def test_a_dark_region_is_called_short_only_if_its_name_says_tendon(
    phantom: tuple[T2Map, Scan, dict[int, str]],
) -> None:
    found, _, _ = phantom
    dark = np.zeros(found.map.shape, np.uint8)
    dark[found.reason.array[0] == 2] = 1  # Reason.FAT
    flags = [
        certainty(found.map, painted(dark, found.map), acquired=found, names={1: name})["flag"].item()
        for name in ("region 1", "quadriceps tendon")
    ]
    assert flags == ["too dark", "too short"]


@pytest.mark.parametrize("snr", [50, 200, 1000])
def test_the_dark_part_of_a_tendon_is_left_out_for_it_would_take_the_mean_from_the_truth(snr: int) -> None:
    truth = block(40, 1)
    tendon = truth == 1
    truth[tendon] = np.linspace(3.5, 6.5, tendon.sum())
    clean = tissue(truth)
    bright = np.percentile(clean.array[0], 99)
    # a tendon that is the darker the shorter its T2: so that to leave its dark part out does select
    clean.array[:, tendon] *= bright * (0.03 * truth[tendon]) / clean.array[0, tendon]
    scan = clean.after("noise", noisy(clean.array, bright / snr, snr))
    regions, names = painted(tendon, clean), {1: "patellar tendon"}
    means = {}
    for fat in (True, False):
        found = t2_from_dess(scan, method="epg", fat=fat, fluid=fat, noise=float(bright / snr))
        means[fat] = roi.statistics(found.map, regions, names=names)
        told = with_certainty(means[fat], certainty(found.map, regions, acquired=found, names=names)).iloc[0]
        assert told["flag"] == "too short"
    known, lifted = (abs(means[fat]["mean"].item() - truth[tendon].mean()) for fat in (True, False))
    assert known < lifted
    assert means[True]["invalid_percent"].item() > 30


def test_a_mean_of_the_brighter_part_of_a_tendon_says_so() -> None:
    map = Scan(np.full((1, 10, 6, 6), 12.0, np.float32), np.eye(4), axis="map", quantity="T2", unit="ms")
    map.array[0, :4] = np.nan
    reason = map.after("why", np.where(np.isnan(map.array), 2, 0).astype(np.uint8), axis="label")
    regions = painted(np.ones(map.shape), map)
    for acquired, words in ((T2Map(map, reason), "40 % of the voxels are too dark"), (None, "reasons of the map")):
        for name in ("quadriceps tendon", "patellar cartilage"):
            table = roi.statistics(map, regions, names={1: name})
            row = with_certainty(table, certainty(map, regions, acquired=acquired, names={1: name})).iloc[0]
            assert (words in brighter_part(row)) == (name == "quadriceps tendon")


def test_without_what_was_acquired_nothing_is_claimed() -> None:
    map = Scan(np.full((1, 6, 6, 6), 30.0), np.eye(4), axis="map", quantity="T2", unit="ms")
    row = certainty(map, painted(np.ones((6, 6, 6)), map)).iloc[0]
    assert row["flag"] == ""
    assert row.drop(["label", "flag"]).isna().all()
