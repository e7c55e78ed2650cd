"""How long a dictionary will take, said before it starts: sparse coding of a clinical volume takes hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mrsr.cli import console

if TYPE_CHECKING:
    from napari_mrsr.choice import Job
    from napari_mrsr.scan import Scan

#: What takes longer is announced, s.
LONG = 60.0


def announce(scan: Scan, job: Job) -> None:
    """Time a probe and say at once how long a job will take, where a dictionary will take longer than a minute."""
    if job.method.kind != "dictionary":
        return
    from napari_mrsr.app.estimates import in_words
    from napari_mrsr.choice import finite
    from napari_mrsr.inference import dictionary
    from napari_mrsr.networks import dictionary_files

    trained = dictionary_files.load(job.weights or job.method.name)
    seconds = dictionary.estimate_seconds(trained, finite(scan.array), axis=job.axis)
    if seconds > LONG:
        console.stage(f"{job.method.name}: {in_words(seconds)} on {dictionary.cores()} CPU threads; Ctrl-C stops it")
