"""Run a command and turn whatever happens into one line and an exit code.

===============================  ====
what happened                    exit
===============================  ====
done                             0
a bug                            1
something a person can put right 2
part of a cohort failed          3
interrupted (Ctrl+C, Stop)       130
terminated (SIGTERM)             143
===============================  ====

A traceback is shown only with ``--debug``, which may stand anywhere on the line. Files are written beside their final
name and renamed, so an interrupted command leaves what was there before; SIGTERM becomes an exception for this.
"""

from __future__ import annotations

import functools
import logging
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

from napari_mrsr.cli.output import remove_empty
from napari_mrsr.errors import MrsrError, OutOfMemory, OutputNotWritable, SeveralSeries, UnreadableFile

#: Results were written, but some subjects of the cohort are not in them.
PART_FAILED = 3
INTERRUPTED = 130
TERMINATED = 143


class Terminated(BaseException):
    """The process was told to end (SIGTERM)."""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run ``napari-mrsr`` with the arguments of the process, or with those given, and exit."""
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Run a command line and return its exit code; errors are one line on stderr.

    Parameters
    ----------
    argv
        What follows ``napari-mrsr``.
    """
    arguments, debug = _take_debug(argv)
    arguments = arguments or ["--help"]
    with _libraries_silent(not debug), _terminable():
        try:
            return _invoke(arguments)
        except BaseException as error:  # the border of the program: nothing passes it
            if debug and not isinstance(error, SystemExit):
                _show_traceback()
            return _explain(error, debug)
        finally:
            remove_empty()


@functools.cache
def _command() -> Any:
    """Return the whole command line; reading the signatures of all commands takes 50 ms."""
    import typer

    from napari_mrsr.cli.shell import app

    return typer.main.get_command(app)


def _invoke(arguments: list[str]) -> int:
    import typer

    from napari_mrsr.cli import console

    command = _command()
    console.forget()
    try:
        with command.make_context("napari-mrsr", arguments) as context:
            command.invoke(context)
    except typer.Exit as done:
        code = int(done.exit_code)
    else:
        code = 0
    console.flush()
    sys.stdout.flush()
    return code


def _explain(error: BaseException, debug: bool) -> int:
    """Print one line about an error and return the exit code that goes with it."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1
    if isinstance(error, KeyboardInterrupt):
        return _print("Interrupted: nothing was left half written", INTERRUPTED)
    if isinstance(error, Terminated):
        return _print("Terminated: nothing was left half written", TERMINATED)
    if isinstance(error, BrokenPipeError):  # the reader of our stdout has gone (napari-mrsr info | head)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if (usage := _usage_line(error)) is not None:
        return _print(usage, 2)
    if (known := _as_known(error)) is not None:
        return _print(_one_line(known), known.exit_code)
    hint = "" if debug else "; run again with --debug to see where"
    return _print(f"Bug: {type(error).__name__}: {error}{hint}; please report it", 1)


def _usage_line(error: BaseException) -> str | None:
    """Return the line about a wrong option or a missing argument, ``None`` for any other error."""
    describe = getattr(error, "format_message", None)  # typer's usage errors; their base class has no public name
    if describe is None:
        return None
    context = getattr(error, "ctx", None)
    name = context.command_path if context is not None else "napari-mrsr"
    return f"UsageError: {str(describe()).strip().rstrip('.')}; see {name} --help"


def _as_known(error: BaseException) -> MrsrError | None:
    """Return the error that a person can put right behind this one, if there is one."""
    if isinstance(error, MrsrError):
        return error
    if isinstance(error, MemoryError):
        return OutOfMemory(
            "there is not enough memory for this scan", remedy="close other programs or use a smaller scan"
        )
    if isinstance(error, OSError) and error.errno is not None:
        reason = (error.strerror or "input/output error").lower()
        if error.errno in _WRITING:
            return OutputNotWritable(
                f"cannot be written: {reason}", where=error.filename, remedy="choose another place, or make room there"
            )
        return UnreadableFile(
            f"cannot be read or written: {reason}", where=error.filename, remedy="check the path and its permissions"
        )
    return None


def _writing_errors() -> frozenset[int]:
    import errno

    names = ("ENOSPC", "EDQUOT", "EROFS", "EFBIG")
    return frozenset(getattr(errno, name) for name in names if hasattr(errno, name))


_WRITING = _writing_errors()


def _one_line(error: MrsrError) -> str:
    line = str(error)
    if isinstance(error, SeveralSeries):
        unsaid = [choice for choice in error.choices if choice not in line]
        line = "; ".join([line, *unsaid])
    return line


def _print(line: str, code: int) -> int:
    print(" ".join(line.split()), file=sys.stderr, flush=True)
    return code


def _show_traceback() -> None:
    import traceback

    traceback.print_exc()


def _take_debug(argv: Sequence[str]) -> tuple[list[str], bool]:
    """Return the arguments without ``--debug`` and whether it was among them (not behind ``--``)."""
    end = argv.index("--") if "--" in argv else len(argv)
    options = [argument for argument in argv[:end] if argument != "--debug"]
    return [*options, *argv[end:]], len(options) < end


@contextmanager
def _libraries_silent(silent: bool) -> Iterator[None]:
    """Keep the warnings and log lines of libraries off stderr: what a person should know is said in our own words."""
    with warnings.catch_warnings():
        before = logging.root.manager.disable
        if silent:
            warnings.simplefilter("ignore")
            logging.disable(logging.ERROR)
        try:
            yield
        finally:
            logging.disable(before)


@contextmanager
def _terminable() -> Iterator[None]:
    """Raise :class:`Terminated` at SIGTERM, so that temporary files are removed on the way out."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not cut the cleaning short
        raise Terminated

    try:
        before = signal.signal(signal.SIGTERM, end)
    except ValueError:  # signals can be caught in the main thread only
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
