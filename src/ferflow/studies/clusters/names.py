"""What figures and tables call things, and what was published."""

#: What the projections are called.
METHOD_NAMES = {"pca": "PCA", "svd": "truncated SVD"}

PUBLISHED_SILHOUETTE = 0.33
