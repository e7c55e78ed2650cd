"""One scan sharpened in plane: as layers beside the acquired one, and a network beside its twin trained with L1."""
