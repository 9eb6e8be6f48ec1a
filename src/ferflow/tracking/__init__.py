"""MLflow: a run for each training, found again by its key; never a dependency."""
