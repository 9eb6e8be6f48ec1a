"""Cluster faces by their pixels, name the clusters, measure what the names are worth: results/clusters/."""

from ferflow.engines import interruption

interruption.expect()  # before the imports below, which take seconds

from ferflow import paths
from ferflow.data.faces import load_faces
from ferflow.engines.script import Context, run_stage
from ferflow.machine import limited_threads, resolve_threads
from ferflow.plots.style import save
from ferflow.studies.clusters.figures import write_clusters
from ferflow.studies.clusters.pictures import draw_study
from ferflow.studies.clusters.study import study


def main(context: Context) -> None:
    """Try components and clusters, keep the pair that the parameters name, measure and draw."""
    settings = context.params
    faces = load_faces()
    with limited_threads(resolve_threads(settings.threads)):
        result = study(faces, settings.clusters, settings.evaluate)
    write_clusters(result.figures)
    pictures = draw_study(
        result, faces, settings.clusters, on_sample=settings.on_sample, with_published=settings.claims
    )
    for name, figure in pictures.items():
        save(figure, paths.CLUSTERS / f"{name}.png")


if __name__ == "__main__":
    run_stage("clusters", main, __doc__)
