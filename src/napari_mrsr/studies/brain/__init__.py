"""Lyu et al. as a command: brain slices from the central quarter of their k-space, by GAN-CPCE and GAN-CIRCLE."""
