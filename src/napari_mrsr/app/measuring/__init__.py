"""Callipers and profiles drawn on the picture."""
