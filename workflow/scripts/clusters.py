"""Cluster faces by their pixels, name the clusters, measure what the names are worth: results/clusters/."""

from ferflow.clusters.names import FOLDER
from ferflow.clusters.pictures import draw_study
from ferflow.clusters.study import study
from ferflow.faces import load_faces
from ferflow.figures import style as figures
from ferflow.files import write_json
from ferflow.machine import limited_threads, resolve_threads
from ferflow.stage import Context, run_stage


def main(context: Context) -> None:
    """Try components and clusters, keep the pair that the parameters name, measure and draw."""
    settings = context.params
    faces = load_faces()
    with limited_threads(resolve_threads(settings.threads)):
        found = study(faces, settings.clusters, settings.evaluate)
    write_json(FOLDER / "clusters.json", found.figures)
    pictures = draw_study(found, faces, settings.clusters, on_sample=settings.on_sample)
    for name, figure in pictures.items():
        figures.save(figure, FOLDER / f"{name}.png")


if __name__ == "__main__":
    run_stage("clusters", main, __doc__)
