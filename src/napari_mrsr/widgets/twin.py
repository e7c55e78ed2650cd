"""A network that was trained against a critic beside its twin trained with L1 alone, and what it added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from qtpy.QtWidgets import QPushButton

from napari_mrsr.app.dynamic.series import is_series
from napari_mrsr.errors import MrsrError
from napari_mrsr.widgets.dock import note
from napari_mrsr.widgets.section import Section
from napari_mrsr.widgets.table import TableView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_mrsr.app.in_plane.choices import PlaneResult
    from napari_mrsr.trust.twins import Added
    from napari_mrsr.widgets.dock import Dock
    from napari_mrsr.widgets.in_plane import InPlaneSection

WHAT = "Both have the same layers and were taught by the same scans. What differs, adversarial training added."
KEYS = (
    "G: acquired, both and the difference together, or the pair alone. N: next pair. Hold K: the other of the pair. "
    "J: swipe. H: maps."
)
COLOURS = "In the difference, black is where both agree; red is brighter, blue darker than with L1 alone."


class TwinSection(Section):
    """The button that runs both, and what came of it.

    Parameters
    ----------
    dock
        Where it stands.
    chosen
        The section whose method, input and plane are taken.
    """

    def __init__(self, dock: Dock, chosen: InPlaneSection) -> None:
        super().__init__(dock, "Beside its L1 twin")
        self.twins = self.view.in_plane.twins
        self.chosen = chosen
        self.what = note()
        self.column.addWidget(self.what)
        self.button = QPushButton("Compare with its L1 twin")
        self.button.clicked.connect(self.compare)
        self.column.addWidget(self.button)
        self.table = TableView()
        self.column.addWidget(self.table)
        self.read = note()
        self.column.addWidget(self.read)
        self.keys = note(KEYS)
        self.column.addWidget(self.keys)
        for box in (chosen.method, chosen.input, chosen.plane):
            box.currentIndexChanged.connect(self._renew)
        self.listen(self.session.opened, self._renew)
        self.listen(self.session.job_changed, self._renew)
        self.listen(self.twins.compared, self.show_added)
        self.show_added(self.twins.added)
        self._renew()

    def _renew(self, _event: Any = None) -> None:
        scan = self.session.scan
        self.setVisible(not is_series(scan))
        try:
            rival, twin = self.twins.names(self.chosen.settings())
        except MrsrError as error:
            self.what.setText(f"{error.line[0].upper()}{error.line[1:]}.")
            self.button.setEnabled(False)
        else:
            self.what.setText(f"{rival} was trained against a critic, {twin} with L1 alone. {WHAT}")
            self.button.setEnabled(scan is not None and not is_series(scan) and self.session.running is None)
            self.button.setToolTip(f"Run {rival} and {twin}, as far as that was not done, and show them side by side")
        if self.twins.added is None:
            self.show_added(None)

    def show_added(self, added: Added | None) -> None:
        """Show the figures of both and how much was added."""
        both = self.twins.both
        for widget in (self.table, self.read, self.keys):
            widget.setVisible(added is not None)
        if added is None or both is None:
            self.table.show_table(None)
            return
        table = figures(both)
        self.table.show_table(table)
        self.table.setVisible(table is not None)
        self.read.setText("\n".join([*(in_words(added, name) for name in added.size), COLOURS]))

    def compare(self) -> None:
        """Run what is missing of both, and show them side by side."""
        self.twins.compare(self.chosen.settings())


def figures(both: Sequence[PlaneResult]) -> pd.DataFrame | None:
    """Return PSNR and SSIM of both, a row each (and each volume); None without a reference."""
    rows = {
        result.key if len(result.figures) == 1 else f"{name}, {result.key}": {
            "PSNR [dB]": round(found["psnr"], 2),
            "SSIM": round(found["ssim"], 4),
        }
        for result in both
        for name, found in result.figures.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index") if rows else None


def in_words(added: Added, name: str) -> str:
    """Return in a line how much was added to a volume, and how much of it is there in truth."""
    share = f"{100 * added.size[name]:.1f} % of the signal was added or taken away (root mean square)."
    line = share if len(added.size) == 1 else f"{name}: {share}"
    if name not in added.real:
        return f"{line} Whether it is real cannot be told without a reference."
    return (
        f"{line} Its correlation with what L1 left out is {added.real[name]:.2f}: 1 would be all real, 0 all invented."
    )
