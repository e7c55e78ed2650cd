"""What leaves: tables with their provenance, a page as PDF, BIDS derivatives, DICOM results.

- :mod:`~napari_mrsr.report.contents`: the report, gathered once;
- :mod:`~napari_mrsr.report.identity`: the report without who the patient is;
- :mod:`~napari_mrsr.report.writing`: all of it into a folder, whole or not at all;
- :mod:`~napari_mrsr.report.tables`, :mod:`~napari_mrsr.report.page`, :mod:`~napari_mrsr.report.bids`: its parts.
"""
