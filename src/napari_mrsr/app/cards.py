"""Methods to choose from, and what their cards say."""

from __future__ import annotations

import html as escape
from contextlib import suppress
from pathlib import Path

from napari_mrsr.app.session import Banner
from napari_mrsr.choice import adaptation_in_words
from napari_mrsr.errors import MrsrError
from napari_mrsr.networks import registry
from napari_mrsr.trust.range import trained_for

AUTO = "auto"
#: Kinds of methods, the best first.
KINDS = ("network", "dictionary", "classical")

#: Colour of a link that can be read on napari's dark and light ground.
LINK = "#4c8dff"


def choices() -> list[str]:
    """Return the names of all methods of slices, best first: auto, networks, dictionaries, classical ones."""
    methods = [method for method in registry.methods() if "slice" in method.axes]
    ordered = sorted(methods, key=lambda method: KINDS.index(method.kind))
    return [AUTO, *(m.name for m in ordered)]


def unlike(lines: tuple[str, ...]) -> Banner | None:
    """Return the banner that says where a scan is unlike what the method was trained on; None where it is not."""
    return Banner("warn", "Outside the training. " + ". ".join(lines) + ".") if lines else None


def html(name: str, weights: str | None = None) -> str:
    """Return the card of a method: what it was trained on, what it may be used for, how well it does.

    ``weights`` is a file of one's own, which has no card here.
    """
    if weights is not None:
        name = escape.escape(Path(weights).name)
        adapted = None
        with suppress(MrsrError, OSError):  # what is no file of weights is refused by Run, in a banner
            adapted = adaptation_in_words(Path(weights))
        return f"<b>{name}</b>: {adapted or 'weights of your own; what they were trained on is not known here'}."
    if name == AUTO:
        return "<b>auto</b>: the best method whose card covers the scan. Which one, and why, is said below."
    try:
        method = registry.find(name)
    except MrsrError as error:
        return escape.escape(error.line)
    rows = [("kind", "no training" if method.kind == "classical" else f"trained {method.kind}")]
    if method.factors and "slice" in method.axes:
        rows.append(("factors", ", ".join(map(str, method.factors))))
    if method.anatomy:
        rows.append(("trained on", ", ".join(method.anatomy)))
    if method.contrasts:
        rows.append(("contrasts", ", ".join(method.contrasts)))
    if method.twin:
        rows.append(("L1 twin", method.twin))
    rows.extend(trained_for(method))
    if method.echoes:
        rows.append(("volumes", str(method.echoes)))
    if method.licence:
        rows.append(("licence", method.licence))
    if method.sha256:
        rows.append(("sha256", f"{method.sha256[:12]}…"))
    rows.extend((str(key), str(value)) for key, value in method.figures)
    table = "".join(
        f"<tr><td style='padding-right:8px'>{escape.escape(k)}</td><td>{escape.escape(v)}</td></tr>" for k, v in rows
    )
    card = ""
    if method.card is not None and method.card.is_file():
        card = f'<p><a style="color: {LINK}" href="{method.card.as_uri()}">the whole card</a></p>'
    return f"<b>{escape.escape(method.name)}</b>: {escape.escape(method.summary)}<table>{table}</table>{card}"
