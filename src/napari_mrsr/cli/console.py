"""What is said beside the results, on stderr: notes and progress.

Notes (which method was chosen, what the reader found odd) appear at once on a terminal, each of them once. Where stderr
is a file or a pipe they are kept until the command has succeeded, so that a refused command leaves exactly one line
there: the error. Progress is shown on a terminal only. stdout belongs to results.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

_said: list[str] = []


def note(*lines: str) -> None:
    """Say something that a person should know, a line each."""
    for line in lines:
        text = " ".join(line.split())
        if text in _said:
            continue
        _said.append(text)
        if sys.stderr.isatty():
            print(text, file=sys.stderr, flush=True)


def warn(lines: Iterable[str]) -> None:
    """Say what the reader found odd."""
    note(*(f"warning: {line}" for line in lines))


def flush() -> None:
    """Print the notes kept back."""
    if not sys.stderr.isatty():
        for line in _said:
            print(line, file=sys.stderr, flush=True)
    forget()


def forget() -> None:
    """Drop the notes."""
    _said.clear()


@contextmanager
def progress(title: str) -> Iterator[Callable[[float], None]]:
    """Show a bar with the time left while the block runs; yields a function that takes the part done, 0 to 1."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def busy(title: str) -> Iterator[None]:
    """Show that something is being done that cannot say how far it is."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(title):
        yield


@contextmanager
def steps(title: str) -> Iterator[Callable[[int, int, float], None]]:
    """Show a bar for something that counts; yields a function that takes step, steps and the loss."""
    with progress(title) as show:
        yield lambda step, count, loss: show(step / max(count, 1))


def stage(line: str) -> None:
    """Say at once what is done next, for commands of several minutes."""
    print(line, file=sys.stderr, flush=True)
