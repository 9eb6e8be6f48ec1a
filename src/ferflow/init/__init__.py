"""``ferflow init``: parameters for data of one's own."""
