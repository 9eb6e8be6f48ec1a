"""What Snakemake and DVC must agree on, and the hand-over from one to the other."""
