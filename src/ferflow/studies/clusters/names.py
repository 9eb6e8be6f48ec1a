"""What the study calls things: the names in clusters.json that the report reads, and where it is kept."""

#: How faces are projected, and what the projections are called in figures and tables.
METHOD_NAMES = {"pca": "PCA", "svd": "truncated SVD"}

#: How clusters get the name of a class: by the faces nearest to the centroid, by all members, one name each.
NAMINGS = ("nearest", "majority", "one_to_one")

PUBLISHED_SILHOUETTE = 0.33
