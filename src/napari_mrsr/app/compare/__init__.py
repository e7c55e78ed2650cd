"""Two pictures of one thing: in turn, side by side, swiped, in one window."""
