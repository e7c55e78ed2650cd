"""How far a super-resolved scan may be believed: what was added, where it disagrees, within what it is right."""

from napari_mrsr.trust.decomposition import EXPECTED_PERCENT, LARGE_Z, Trust, trust

__all__ = ["EXPECTED_PERCENT", "LARGE_Z", "Trust", "trust"]
