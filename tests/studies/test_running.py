"""Going through a cohort: one broken subject stops none of the others, and nothing of it is counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_mrsr.errors import BadParameter, NothingToRead, Stopped, UnreadableFile
from napari_mrsr.networks import registry
from napari_mrsr.scan import Scan
from napari_mrsr.studies.cohort import Cohort, Entry, Subject
from napari_mrsr.studies.running import choose, over_methods, over_subjects


def subject(name: str, volumes: int = 1) -> Subject:
    return Subject(name, Scan(np.ones((volumes, 2, 2, 2), np.float32), np.eye(4)))


def cohort(*names: str) -> Cohort:
    return Cohort("made", tuple(Entry(name, lambda name=name: subject(name)) for name in names))


def test_a_broken_subject_is_named_and_the_others_are_used_in_order() -> None:
    def use(one: Subject, name: str, _told: object) -> str:
        if name == "b":
            raise UnreadableFile("is cut short", where="b.nii")
        return one.name

    used, skipped = over_subjects(cohort("a", "b", "c"), use)
    assert used == ["a", "c"]
    assert list(skipped) == ["b"]
    assert "is cut short" in skipped["b"]


def test_what_fails_after_measuring_counts_neither_way_twice() -> None:
    def use(_one: Subject, name: str, _told: object) -> str:
        if name == "a":
            raise OSError("the figure could not be drawn")
        return name

    used, skipped = over_subjects(cohort("a", "b"), use)
    assert set(used) & set(skipped) == set()
    assert used == ["b"]


def test_progress_runs_over_the_cohort_and_each_method_has_its_share() -> None:
    heard: list[tuple[float, str]] = []
    methods = [registry.find("tricubic"), registry.find("fourier")]

    def use(one: Subject, name: str, told: object) -> dict[str, str]:
        def make(method: registry.Method, share: object) -> str:
            share(0.5)  # type: ignore[operator]
            return method.name

        return over_methods(methods, one, name, make, told=told, refused={})  # type: ignore[arg-type]

    used, _ = over_subjects(cohort("a", "b"), use, lambda part, what: heard.append((round(part, 3), what)))
    assert used[0] == {"tricubic": "tricubic", "fourier": "fourier"}
    parts = [part for part, _ in heard]
    assert parts == sorted(parts)
    assert (0.125, "a: tricubic") in heard
    assert (0.875, "b: fourier") in heard
    assert heard[-1] == (1.0, "b done")


def test_a_method_for_other_volumes_is_refused_with_its_reason() -> None:
    refused: dict[str, str] = {}
    made = replace(registry.find("tricubic"), name="for two", echoes=2)
    found = over_methods([made], subject("a"), "a", lambda m, _: m.name, told=lambda *_: None, refused=refused)
    assert found == {}
    assert refused == {"for two": "made for 2 echoes, not 1"}


def test_nobody_usable_an_empty_cohort_and_stop_end_it() -> None:
    def broken(*_: object) -> None:
        raise UnreadableFile("is cut short", where="x.nii")

    def stopped(*_: object) -> None:
        raise Stopped("was stopped")

    with pytest.raises(NothingToRead, match=r"none of the 2 subjects of made can be used: a: .*cut short"):
        over_subjects(cohort("a", "b"), broken)
    with pytest.raises(NothingToRead, match="holds no subject"):
        over_subjects(cohort(), broken)
    with pytest.raises(Stopped):
        over_subjects(cohort("a"), stopped)


def test_a_method_is_named_once() -> None:
    with pytest.raises(BadParameter, match="twice"):
        choose(["tricubic", "tricubic"])
