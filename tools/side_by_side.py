"""Run commands at the same time and show each one's output when it has ended: ``side_by_side.py "ruff check" mypy``.

Each argument is one command. The exit status is 1 if one of them fails; the others end nevertheless.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def run(command: str) -> tuple[str, int, float, str]:
    """Run a command in a shell and return it with its exit status, seconds and output."""
    began = time.monotonic()
    done = subprocess.run(
        command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False
    )
    return command, done.returncode, time.monotonic() - began, done.stdout


def main(commands: list[str]) -> int:
    """Run them all and return the exit status."""
    failed = False
    with ThreadPoolExecutor(max(1, len(commands))) as pool:
        for command, status, seconds, output in pool.map(run, commands):
            sys.stdout.write(output)
            print(f"{command}: {'done' if status == 0 else f'FAILED ({status})'} after {seconds:.0f} s", flush=True)
            failed |= status != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
