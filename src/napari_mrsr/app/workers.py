"""Jobs in napari's worker threads.

The worker may do nothing of the main thread: no ``viewer.add_*``, no ``layer.data``, no widget. It iterates the job's
events; Qt's queued signals carry them to the main thread, where the session receives them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from napari_mrsr.app.events import Event


def run_in_thread(
    events: Callable[[], Iterator[Event]], receive: Callable[[Event], None], ended: Callable[[], None]
) -> object:
    """Run a job in a worker thread of napari; ``receive`` and ``ended`` are called in the main thread."""
    from napari.qt.threading import create_worker

    def iterate() -> Iterator[Event]:
        yield from events()

    return create_worker(iterate, _connect={"yielded": receive, "finished": ended}, _ignore_errors=True)
