"""Session, jobs, layers and comparing: everything of the viewer that is not a widget.

``session`` and ``jobs`` know neither Qt nor napari; ``viewing`` is the one file that turns the session into layers.
Nothing here imports torch: the engine does, in the worker, once a scan is open.
"""
