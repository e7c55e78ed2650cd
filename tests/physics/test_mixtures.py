"""Mixtures of tissues: what one recovery and one echo tell of them."""

from __future__ import annotations

import numpy as np

from napari_mrsr.physics.mixtures import ECHO, RECOVERY, moments, read


def test_one_tissue_has_its_own_values() -> None:
    values = np.array([[838.0, 1500.0, 4000.0], [74.0, 100.0, 1800.0], [0.7, 0.82, 1.0]])
    np.testing.assert_allclose(np.stack(read(moments(*values))), values, rtol=1e-9)


def test_a_mixture_of_mixtures_does_not_depend_on_the_order() -> None:
    parts = moments(*np.random.default_rng(1).uniform((500, 40, 0.5), (3000, 400, 1.0), (4, 3)).T)
    at_once = read(parts.mean(axis=1))
    in_pairs = read(np.stack([parts[:, :2].mean(axis=1), parts[:, 2:].mean(axis=1)]).mean(axis=0))
    np.testing.assert_allclose(np.stack(at_once), np.stack(in_pairs), rtol=1e-12)


def test_a_mixture_reproduces_the_recovery_and_the_echo_of_its_parts() -> None:
    t1, t2, m0 = np.array([838.0, 4000.0]), np.array([74.0, 1800.0]), np.array([0.7, 1.0])
    mixed = read(moments(t1, t2, m0).mean(axis=1))
    recovered = (m0 * (1 - np.exp(-RECOVERY / t1))).mean()
    echo = (m0 * np.exp(-ECHO / t2)).mean()
    np.testing.assert_allclose(mixed.m0 * (1 - np.exp(-RECOVERY / mixed.t1)), recovered, rtol=1e-12)
    np.testing.assert_allclose(mixed.m0 * np.exp(-ECHO / mixed.t2), echo, rtol=1e-12)
    assert t1.min() < mixed.t1 < t1.max()


def test_where_there_is_no_signal_there_is_no_t1() -> None:
    maps = read(moments(np.array([np.nan, 800.0]), np.array([np.nan, 70.0]), np.array([0.0, 0.01])))
    assert np.isnan(maps.t1).all()
    assert np.isnan(maps.t2).all()
    assert np.isfinite(maps.m0).all()
