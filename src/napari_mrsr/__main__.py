"""``python -m napari_mrsr`` is the shell command ``napari-mrsr``."""

from napari_mrsr.cli import main

if __name__ == "__main__":
    main()
