"""How cohorts lie on the disk: one file a layout, each giving a cohort whose subjects are read one at a time."""
