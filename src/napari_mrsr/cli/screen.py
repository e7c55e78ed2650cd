"""Find a screen to draw on: the person's own, or a virtual one where Xvfb is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SIZE = "1600x1200x24"

#: Opens a window system and nothing else. Qt ends the whole process where it finds no screen, so this is tried apart.
_TRY = "from qtpy.QtWidgets import QApplication; QApplication([])"


def own_screen() -> bool:
    """Tell whether this process has a screen that somebody may look at."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextmanager
def some_screen() -> Iterator[bool]:
    """Provide a screen while the block runs; yields whether there is one on which a window opens."""
    if own_screen():
        yield _opens()
        return
    program = shutil.which("Xvfb")
    if program is None:
        yield False
        return
    read, write = os.pipe()
    command = [program, "-displayfd", str(write), "-screen", "0", SIZE, "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            number = answer.readline().strip()  # empty if the server ended
        if not number:
            yield False
            return
        os.environ["DISPLAY"] = f":{number}"
        try:
            yield _opens()
        finally:
            del os.environ["DISPLAY"]
    finally:
        server.terminate()
        server.wait()


def _opens() -> bool:
    """Tell whether a window can be opened, in a process of its own."""
    tried = subprocess.run([sys.executable, "-c", _TRY], capture_output=True, check=False)
    return tried.returncode == 0
