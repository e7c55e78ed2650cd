"""Viewers that live as long as a test: a view does not keep its viewer."""

from __future__ import annotations

from napari.components import ViewerModel

KEPT: list[ViewerModel] = []
