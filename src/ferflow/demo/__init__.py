"""A local page to try models on: `ferflow demo`."""
