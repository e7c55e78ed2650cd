"""T1, T2 and M0 of a brain from three scans on the screen: which they are, whether they fit, and the maps as layers."""
