"""Jobs in a worker thread: events reach the main thread, whatever the job raises."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

if not os.environ.get("DISPLAY") and os.name == "posix":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from napari_mrsr.app import jobs
from napari_mrsr.app.events import Failed, Progress
from napari_mrsr.app.workers import STEP_BACK, run_in_thread


def run(qtbot: Any, job: jobs.Job) -> tuple[list[Any], set[str]]:
    """Run a job in a worker; return its events and the threads in which they were received."""
    received: list[Any] = []
    where: set[str] = set()
    ended: list[bool] = []

    def receive(event: Any) -> None:
        received.append(event)
        where.add(threading.current_thread().name)

    worker = run_in_thread(lambda: jobs.guarded(job, lambda: False), receive, lambda: ended.append(True))
    qtbot.waitUntil(lambda: bool(ended), timeout=10_000)
    assert worker is not None
    return received, where


def test_events_made_in_the_worker_are_received_in_the_main_thread(qtbot: Any) -> None:
    made_in: set[str] = set()

    def job(_stop: jobs.Stop) -> Iterator[Any]:
        made_in.add(threading.current_thread().name)
        yield Progress(0.5, "half")
        yield Progress(1.0, "whole")

    received, where = run(qtbot, job)
    assert [event.done for event in received] == [0.5, 1.0]
    assert where == {threading.main_thread().name}
    assert not made_in & where


@pytest.mark.parametrize("error", [RuntimeError("a kernel failed"), MemoryError(), ValueError("a bug")])
def test_an_error_of_any_kind_comes_through_as_the_last_event(qtbot: Any, error: Exception) -> None:
    def job(_stop: jobs.Stop) -> Iterator[Any]:
        yield Progress(0.1, "begins")
        raise error

    received, _ = run(qtbot, job)
    assert isinstance(received[0], Progress)
    assert isinstance(received[-1], Failed)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own here")
def test_a_job_gives_way_to_the_window_and_not_twice(qtbot: Any) -> None:
    def mine() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    window, seen = mine(), []

    def job(_stop: jobs.Stop) -> Iterator[Any]:
        seen.append(mine())
        yield Progress(1.0, "whole")

    run(qtbot, job)
    run(qtbot, job)
    assert seen == [min(19, window + STEP_BACK)] * 2
    assert mine() == window
