"""Training: what to learn from, pairs of thick and thin, the loop, and one recipe per network.

The package does not import torch; its files do where they need it.
"""
