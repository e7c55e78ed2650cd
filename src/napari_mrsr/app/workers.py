"""Jobs in napari's worker threads.

The worker may do nothing of the main thread: no ``viewer.add_*``, no ``layer.data``, no widget. It iterates the job's
events; Qt's queued signals carry them to the main thread, where the session receives them.

On few cores the window and a job want the same ones. A person who scrolls waits for the window, nobody for one tile, so
a job gives way: its thread has a lower priority (:data:`STEP_BACK`), and so have those that it starts. Only Linux gives
threads priorities of their own that anyone may lower; elsewhere the job runs as before.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator

from napari_mrsr.app.events import Event

#: By how much a job's thread is nicer than the window's.
STEP_BACK = 5


def run_in_thread(
    events: Callable[[], Iterator[Event]], receive: Callable[[Event], None], ended: Callable[[], None]
) -> object:
    """Run a job in a worker thread of napari; ``receive`` and ``ended`` are called in the main thread."""
    from napari.qt.threading import create_worker

    def iterate() -> Iterator[Event]:
        with giving_way():
            yield from events()

    return create_worker(iterate, _connect={"yielded": receive, "finished": ended}, _ignore_errors=True)


@contextlib.contextmanager
def giving_way() -> Iterator[None]:
    """Let this thread give way to the window's.

    Pool threads are used again: a thread that has stepped back does not do so twice, and where the system lets nobody
    but root raise a priority it stays there until the pool ends it.
    """
    if sys.platform != "linux":
        yield
        return
    me = threading.get_native_id()
    before = os.getpriority(os.PRIO_PROCESS, me)
    window = os.getpriority(os.PRIO_PROCESS, os.getpid())  # of the main thread, which has the number of the process
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, me, max(before, window + STEP_BACK))
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, me, before)
