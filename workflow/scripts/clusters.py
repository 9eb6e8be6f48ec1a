"""Cluster faces by their pixels, name the clusters, measure what the names are worth: results/clusters/."""

from ferflow import figures, params
from ferflow.clusters import FOLDER, draw_study, study
from ferflow.faces import load_faces
from ferflow.files import write_json
from ferflow.machine import limited_threads, resolve_threads
from ferflow.stage import arguments, run


def main() -> None:
    """Try components and clusters, keep the pair that the parameters name, measure and draw."""
    arguments(__doc__)
    settings = params.load()
    faces = load_faces()
    with limited_threads(resolve_threads(settings.threads)):
        found = study(faces, settings.clusters, settings.evaluate)
    write_json(FOLDER / "clusters.json", found.figures)
    pictures = draw_study(found, faces, settings.clusters, on_sample=settings.on_sample)
    for name, figure in pictures.items():
        figures.save(figure, FOLDER / f"{name}.png")


if __name__ == "__main__":
    run(main)
