"""Super-resolution and quantitative maps of MRI for review in napari.

One thing flows through the package: a :class:`~napari_mrsr.scan.Scan`. Every room takes a Scan and
gives a Scan, or a number about one. See ``docs/architecture.md`` for the plan of the house.
"""

__version__ = "0.1.0"
