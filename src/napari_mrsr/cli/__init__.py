"""The engine from a shell: ``napari-mrsr COMMAND``.

One file a command, each a typed function that typer turns into options; :mod:`~napari_mrsr.cli.shell` gathers them and
:mod:`~napari_mrsr.cli.run` is the border where errors become one line and an exit code. Numerical libraries are
imported inside the commands, so that ``--help`` answers at once.
"""

from napari_mrsr.cli.run import main

__all__ = ["main"]
