"""Regions: their labels, what is measured in them, cartilage in parts, change since an earlier review."""
