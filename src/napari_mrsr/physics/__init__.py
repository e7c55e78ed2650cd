"""How MR makes an image: signal models and tissue values. Knows arrays and sequences, no files and no maps."""
