"""What a model is worth: predictions, metrics, intervals, tests (stage evaluate)."""
