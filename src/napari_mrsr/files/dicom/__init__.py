"""DICOM images as scans: find the frames, tell the series apart, stack the slices, read the values."""
