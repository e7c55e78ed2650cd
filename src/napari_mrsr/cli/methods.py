"""``napari-mrsr methods``: what can be chosen."""

from __future__ import annotations


def methods() -> None:
    """Print name, kind, factors, axes, anatomy, licence and sha256 of every method."""
    from napari_mrsr.networks import registry

    header = ("name", "kind", "factors", "axes", "anatomy", "licence", "what it is", "sha256")
    rows = [header]
    for method in registry.methods():
        factors = _join(method.factors) or "any"
        anatomy = _join(method.anatomy) or "any"
        rows.append(
            (
                method.name,
                method.kind,
                factors,
                _join(method.axes),
                anatomy,
                method.licence or "-",
                method.summary,
                method.sha256 or "-",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _join(value: object) -> str:
    """Return a tuple as one cell of the table."""
    if isinstance(value, tuple | list):
        return ",".join(str(one) for one in value)
    return "" if value is None else str(value)
