"""Saving and reopening a review, autosave, and what a crash left."""
