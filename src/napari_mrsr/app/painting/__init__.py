"""Painting by the picture: smart brush, livewire, propagation, filling in between."""
