"""What is asked beside the comparison: sweeps, repeated splits, clusters, explanations."""
