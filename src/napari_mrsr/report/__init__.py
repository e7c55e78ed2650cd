"""What leaves: tables with their provenance, a page as PDF, BIDS derivatives, DICOM results."""
