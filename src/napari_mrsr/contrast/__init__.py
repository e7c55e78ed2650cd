"""Which contrast a scan of the brain shows, by what its timing and its names say; nothing rather than a guess."""

from napari_mrsr.contrast.recognition import CONTRASTS, Contrast, contrast_of, recognise

__all__ = ["CONTRASTS", "Contrast", "contrast_of", "recognise"]
