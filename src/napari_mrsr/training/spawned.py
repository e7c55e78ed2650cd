"""Fine-tuning in a process of its own: the window stays quick, Stop works, and a process that dies takes nothing along.

The child is started anew (``spawn``), because a copy of a process that has a window and torch threads must not go on.
One pipe goes both ways: steps come up it, "stop" goes down. No queue and no event: a child that is killed while it
holds their lock would leave the parent waiting. A thread of the parent empties the pipe, so that the child never waits.

The child writes the best weights so far to the file whenever there are better ones, whole or not at all. Whatever ends
it, they are there. It ends by itself when the parent is gone.

The child does not run the program that started it once more, as ``multiprocessing`` does: a script that opens a napari
window at its top would open another one.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_mrsr import errors
from napari_mrsr.errors import MrsrError
from napari_mrsr.files.scan_record import record_of, scan_of_record
from napari_mrsr.scan import Scan
from napari_mrsr.training.fine_tuned import Account, FineTuned, Point

State = Literal["running", "done", "refused", "died"]

_STOP = "stop"
#: How long an ending process is waited for before it is made to end, s.
PATIENCE = 5.0
#: How long a wait for the next step may take before it is looked whether the process lives, s.
LOOK_EVERY = 0.2

#: A scan that can be sent to another process: its values, and its record.
Packed = tuple[npt.NDArray[Any], dict[str, Any]]


class FineTuning:
    """A fine-tuning that runs in a process of its own.

    Attributes
    ----------
    out
        The file of the weights.
    state
        ``"running"``; ``"done"`` (stopped too); ``"refused"`` (an error that a person can put right, in ``error``);
        ``"died"`` (killed, or a bug: ``exit_code`` says how).
    account
        What came of it, when it is done.
    error
        Why it was refused.
    exit_code
        Of the process that has ended: 0, or minus the number of the signal that killed it.
    """

    def __init__(self, planning: Scan | Path, out: Path, options: Mapping[str, Any]) -> None:
        self.out = out
        self.state: State = "running"
        self.account: Account | None = None
        self.error: MrsrError | None = None
        self.exit_code: int | None = None
        self._before = _stamp(out)
        self._points: queue.SimpleQueue[Point | None] = queue.SimpleQueue()
        context = multiprocessing.get_context("spawn")
        self._pipe, far = context.Pipe()
        what: Packed | Path = (
            planning if isinstance(planning, Path) else (np.asarray(planning.array), record_of(planning))
        )
        self._process = context.Process(
            target=_teach, args=(far, what, out, dict(options)), name="napari-mrsr fine-tuning", daemon=True
        )
        with _no_program():
            self._process.start()
        far.close()  # the child's end: only its death must leave it closed
        self._reader = threading.Thread(target=self._read, name="napari-mrsr fine-tuning", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int | None:
        """Number of the process."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self.state == "running"

    @property
    def weights(self) -> Path | None:
        """The file of weights that are better than those before; None while there are none."""
        return self.out if _stamp(self.out) not in (None, self._before) else None

    @property
    def line(self) -> str:
        """How it stands, in one line."""
        if self.account is not None:
            return self.account.line
        if self.error is not None:
            return self.error.line
        if self.state == "died":
            code = self.exit_code or 0
            how = f"was killed ({_signal_name(-code)})" if code < 0 else f"ended by itself (exit code {code})"
            kept = f"the best weights so far are kept in {self.out.name}" if self.weights else "no weights were kept"
            return f"the process that fine-tuned {how}; {kept}"
        return "fine-tuning"

    def poll(self) -> list[Point]:
        """Return the steps since the last call; does not wait."""
        found = []
        with suppress(queue.Empty):
            while (point := self._points.get_nowait()) is not None:
                found.append(point)
            self._points.put(None)
        return found

    def points(self, timeout: float | None = None) -> Iterator[Point]:
        """Yield steps as they come, until the process has ended or the time (s) is over."""
        end = None if timeout is None else time.monotonic() + timeout
        while end is None or time.monotonic() < end:
            try:
                point = self._points.get(timeout=LOOK_EVERY)
            except queue.Empty:
                continue
            if point is None:
                self._points.put(None)
                return
            yield point

    def stop(self) -> None:
        """Ask it to end after the present step; the best weights so far are kept."""
        with suppress(OSError, ValueError):
            self._pipe.send(_STOP)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has ended; tell whether it has."""
        self._reader.join(timeout)
        return not self.is_running

    def close(self, patience: float = PATIENCE) -> None:
        """End it: ask, then insist. May be called again."""
        if self.is_running:
            self.stop()
            if not self.wait(patience):
                self._process.terminate()
                if not self.wait(patience):
                    self._process.kill()
                    self.wait(patience)
        self._pipe.close()

    def _read(self) -> None:
        """Empty the pipe until the process has ended; runs in a thread."""
        with suppress(EOFError, OSError):
            while True:
                self._take(*self._pipe.recv())
        self._process.join()
        self.exit_code = self._process.exitcode
        if self.account is not None:
            self.state = "done"
        else:
            self.state = "refused" if self.error is not None else "died"
        self._points.put(None)

    def _take(self, kind: str, content: Any) -> None:
        if kind == "point":
            self._points.put(content)
        elif kind == "account":
            self.account = content
        else:
            name, what, where, remedy = content
            self.error = getattr(errors, name, MrsrError)(what, where=where, remedy=remedy)


@contextmanager
def _no_program() -> Iterator[None]:
    """Let a process that is spawned find no program to import: what it does is not in there."""
    program = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program


def spawn(planning: Scan | Path, out: Path, **options: Any) -> FineTuning:
    """Fine-tune on a planning scan in a process of its own.

    Parameters
    ----------
    planning
        The scan, or where to read it.
    out
        File for the weights (safetensors), written whenever there are better ones; its folder must exist.
    options
        As for :func:`napari_mrsr.training.fine_tuning.steps_of`; ``threads`` is by default one less than there are
        cores.

    Raises
    ------
    OutputNotWritable
        The folder of ``out`` does not exist.
    """
    if not out.parent.is_dir():
        raise errors.OutputNotWritable(
            "is no folder, so no weights can be written there", where=out.parent, remedy="make it first"
        )
    options.setdefault("threads", max(1, (os.cpu_count() or 2) - 1))
    return FineTuning(planning, out, options)


def _teach(pipe: Connection, what: Packed | Path, out: Path, options: dict[str, Any]) -> None:
    """Fine-tune, and tell every step; the child's whole life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal reaches both: the parent decides
    with suppress(BrokenPipeError, ConnectionResetError):  # the parent is gone, nobody waits for this
        try:
            from napari_mrsr.training.fine_tuning import steps_of

            scan = _read_scan(what)
            for found in steps_of(scan, keep=out, stop=lambda: _asked_to_stop(pipe), **options):
                if isinstance(found, Point):
                    pipe.send(("point", found))
                else:
                    _finish(found, out)
                    pipe.send(("account", found.account))
        except MrsrError as error:
            where = None if error.where is None else str(error.where)
            pipe.send(("error", (type(error).__name__, error.what, where, error.remedy)))


def _finish(found: FineTuned, out: Path) -> None:
    if found.is_better:  # once more, with the whole account
        found.save(out)


def _read_scan(what: Packed | Path) -> Scan:
    if isinstance(what, Path):
        from napari_mrsr.files import read_scan

        return read_scan(what)
    array, record = what
    return scan_of_record(record, array)


def _asked_to_stop(pipe: Connection) -> bool:
    """Tell whether the parent has asked to stop, or is gone."""
    try:
        return pipe.poll() and pipe.recv() == _STOP
    except (EOFError, OSError):
        return True


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes whenever a file is written anew; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
