"""A blinded reading: methods in random order, scored without knowing which is which."""
