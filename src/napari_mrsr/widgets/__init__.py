"""The four docks: thin views of a session. A widget shows and asks; what computes is elsewhere."""
