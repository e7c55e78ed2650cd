"""Sarasaen et al. as a command: dynamic series from the centre of k-space, fine-tuned on the planning scan."""
