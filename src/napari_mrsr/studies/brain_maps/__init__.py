"""The study of brain maps: heads whose T1 and T2 are known, and how near the maps of networks come to them."""
