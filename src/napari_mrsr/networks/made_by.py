"""Which method made a scan, by its history, and what the card of that method says for a report."""

from __future__ import annotations

from napari_mrsr.networks import registry
from napari_mrsr.scan import Scan

#: Name of the step that super-resolution leaves in the history of a scan.
STEP = "super-resolution"


def model_facts(refined: Scan | None) -> tuple[tuple[str, str], ...]:
    """Return what the card of the method says that made a scan, as (name, text); nothing for classical methods."""
    steps = () if refined is None else refined.history
    step = next((step for step in reversed(steps) if step.name == STEP), None)
    known = {method.name: method for method in registry.methods()}
    method = None if step is None else known.get(str(step.parameters.get("method")))
    if step is None or method is None or method.kind == "classical":
        return ()
    if step.parameters.get("sha256", method.sha256) != method.sha256:  # weights of one's own: the card is of others
        return (("Trained on", "not known: weights of one's own"),)
    facts = [("Trained on", ", ".join(method.anatomy)), ("Licence", method.licence or "not stated")]
    return tuple((name, text) for name, text in facts if text)
