"""k-means on pixels: what clusters of faces, found without labels, have to do with expressions.

Reproduces a published exercise: equally many faces of each class, every pixel scaled to [0, 1], a few
principal components (or truncated singular vectors), k-means, the number of components and clusters by mean
silhouette, and the clusters named after what the faces nearest to each centroid show. There it was told by
eye; here the labels of these faces stand in for it. Labels serve to name and to measure, never to cluster.
"""
