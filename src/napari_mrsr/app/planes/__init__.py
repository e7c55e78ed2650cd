"""How the viewer is laid out: linked planes, cells side by side, oblique reformats."""
