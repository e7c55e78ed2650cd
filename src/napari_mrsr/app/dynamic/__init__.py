"""A series over time: layers with a time slider, sharpened frame by frame, judged over time, played."""
