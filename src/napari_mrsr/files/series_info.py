"""One DICOM series, as a person chooses among several."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SeriesInfo:
    """A series that can be read as one scan.

    Parameters
    ----------
    key
        What to give as ``series=`` to read this one and no other.
    uid, number, description
        As in the headers (the first of them, where a scan is spread over two series).
    files
        Number of files.
    shape
        Matrix ``(columns, rows, slices)``.
    what
        Its volumes in words (``"2 echoes, TE 7.48, 42.52 ms"``), or why it cannot be read.
    """

    key: str
    uid: str
    number: int | None
    description: str
    files: int
    shape: tuple[int, int, int]
    what: str

    @property
    def line(self) -> str:
        """The series on one line."""
        size = "x".join(str(n) for n in self.shape)
        title = self.description or "(no description)"
        return f"{self.key}: {title}, {size}, {self.what} ({self.files} file{'s' * (self.files != 1)})"
