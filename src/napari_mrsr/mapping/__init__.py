"""Maps of tissue parameters from images. A map is NaN where it has no value, and says why beside it."""
