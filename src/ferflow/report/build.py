"""Puts the report together: draws, fills the page, and moves the finished folder into place."""

import base64
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

from ferflow import __version__, paths
from ferflow.claims import load_claims
from ferflow.data.faces import FER_CLASSES, Faces, content_digest, load_faces
from ferflow.data.samples import load_samples
from ferflow.data.split import DROPPED, TEST, TRAIN, VALIDATION
from ferflow.engines.stages import EVIDENCE, jobs
from ferflow.files import atomic_folder, read_json, read_parquet, write_json, write_text
from ferflow.params import Params
from ferflow.plots.remedies import remedy_colour
from ferflow.report import drawings, findings, provenance, tables, wording
from ferflow.report.audit import audit_tables
from ferflow.report.claims import claims_section
from ferflow.report.clusters import clusters_section
from ferflow.report.explained import explained_section
from ferflow.report.linear import linear_section
from ferflow.report.pairs import pair_tables
from ferflow.report.published import published_rows
from ferflow.report.results import (
    Result,
    by_classes,
    by_test_faces,
    comparable_metrics,
    read_results,
    remedy_families,
)
from ferflow.timings import read_timings

FER_PRIVATE_TEST = 3589  # faces of the real PrivateTest, which published results are about

#: Sections of the page in order: id (and the template ``section_<id>.html``) and title.
SECTIONS = {
    "comparison": "Comparison",
    "claims": "Claims",
    "remedies": "Remedies",
    "tests": "Paired tests",
    "linear": "Logistic regression",
    "clusters": "Clusters",
    "saliency": "Saliency",
    "filters": "Filters",
    "cost": "Cost",
    "learning": "Learning curves",
    "confusion": "Confusion",
    "curves": "ROC and PR",
    "balance": "Balance",
    "faces": "Faces",
    "audit": "Audit",
    "provenance": "Provenance",
}


def build_report(settings: Params) -> Path:
    """Write the report of exactly the experiments and seeds in ``settings``; return the page.

    The folder is made beside the old one and renamed into its place. Measured times, which differ from run
    to run, go to ``timings/`` and are read by the page from there.

    Raises
    ------
    InputError
        If a stage has not written its files.
    """
    with atomic_folder(paths.REPORT) as folder:
        _write(settings, folder)
    forget_the_rest(settings)
    return paths.REPORT / "index.html"


def forget_the_rest(settings: Params) -> None:
    """Remove the records of evaluations and studies that the parameters do not name any more.

    Under DVC the report depends on the folder of these records: what is left over of other seeds would make
    it differ from the same report in a fresh clone. The results themselves stay.
    """
    evidence = {job.record for job in jobs(settings) if job.stage in EVIDENCE}
    for record in set(paths.EVIDENCE.glob("*.json")) - evidence:
        record.unlink()


def _write(settings: Params, folder: Path) -> None:
    results = read_results(settings)
    write_json(paths.METRICS, comparable_metrics(results))
    groups, tested_alike = by_classes(results), by_test_faces(results)
    faces = load_faces()
    note = "sample faces" if settings.on_sample else provenance.data_name(settings)
    (folder / "figures").mkdir()
    context = (
        _head(settings, tested_alike, faces)
        | _comparison(settings, tested_alike, folder, note)
        | _remedies(settings, results, folder, note)
        | _tests(results)
        | _cost(groups, folder, note)
        | _figures_per_experiment(results, folder, note)
        | _data(settings, results, faces, folder, note)
        | claims_section(settings, results, folder, note)
        | linear_section(settings, results, folder, note)
        | clusters_section(settings, results, folder, note)
        | explained_section(settings, results, folder, note)
        | _provenance(settings, results, faces)
    )
    _write_timings(results, groups, note)
    frame = tables.comparison_frame(results)
    write_text(folder / "comparison.csv", frame.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
    markdown = tables.comparison_markdown(
        tested_alike, on_sample=settings.on_sample, confidence=settings.evaluate.confidence
    )
    write_text(folder / "comparison.md", markdown)
    page = _environment(folder).get_template("report.html").render(context)
    write_text(folder / "index.html", page)


def _environment(folder: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def data_uri(path: str) -> str:
        file = folder / path if path.startswith("figures/") else Path(path)
        return "data:image/png;base64," + base64.b64encode(file.read_bytes()).decode()

    environment.globals |= {"data_uri": data_uri, "remedy_colour": remedy_colour}
    environment.filters |= {
        "points": wording.points,
        "remedy_name": wording.remedy_name,
        "count_name": wording.count_name,
        "p_value": wording.p_value,
        "percent": lambda share: wording.number(share, "accuracy"),
        "thousands": lambda count: f"{count:,}",
    }
    return environment


def _head(settings: Params, groups: Sequence[Sequence[Result]], faces: Faces) -> dict[str, Any]:
    has_usage = bool((faces.usage != "").all())
    return {
        "sections": SECTIONS,
        "settings": settings,
        "on_sample": settings.on_sample,
        "data_name": provenance.data_name(settings),
        "face_count": len(faces),
        "has_usage": has_usage,
        "version": __version__,
        "confidence": f"{settings.evaluate.confidence:.0%}",
        "best": [sentence for group in groups if (sentence := findings.best_of(group))],
        "left_out": settings.left_out,
    }


def _comparison(
    settings: Params, groups: Sequence[Sequence[Result]], folder: Path, note: str
) -> dict[str, Any]:
    shown: list[dict[str, Any]] = []
    for group in groups:
        told = {entry["classes"] for entry in shown}
        human = set(group[0].classes) == set(FER_CLASSES)
        official = human and group[0].n("official") == FER_PRIVATE_TEST
        figure = f"figures/comparison-{len(group[0].classes)}-{group[0].protocol}.png"
        drawings.draw_comparison(group, folder / figure, note, human=human and not settings.on_sample)
        shown.append(
            {
                "classes": group[0].classes,
                "protocol": group[0].protocol if group[0].classes in told else "",
                "figure": figure,
                "rows": [(result, tables.comparison_cells(result)) for result in group],
                "references": tables.references(group, human=human)
                + (published_rows(load_claims().references) if official else []),
                "n": sorted({(result.n("official"), result.n("clean")) for result in group}),
            }
        )
    return {"groups": shown, "main_metrics": tables.MAIN, "metric_names": wording.METRIC_NAMES}


def _remedies(settings: Params, results: Sequence[Result], folder: Path, note: str) -> dict[str, Any]:
    shown: list[dict[str, Any]] = []
    sentences = []
    for family in remedy_families(results):
        told = {entry["classes"] for entry in shown}
        recall = findings.compare_recall(family, settings.evaluate)
        first = family.results[family.baseline]
        figure = f"figures/recall-{first.name}.png"
        drawings.draw_recall(family, recall, folder / figure, note)
        sentence = findings.remedy_for_the_rarest(family, recall)
        if first.classes not in told:  # the head tells the strongest model's story only
            sentences.append((len(first.classes), sentence))
        shown.append(
            {
                "family": family,
                "recall": recall,
                "figure": figure,
                "classes": first.classes,
                "sentence": sentence,
            }
        )
    return {"families": shown, "remedy_sentences": [text for _, text in sorted(sentences, reverse=True)]}


def _tests(results: Sequence[Result]) -> dict[str, Any]:
    return {"pair_tables": [pair_tables(group) for group in by_test_faces(results) if len(group) > 1]}


def _cost(groups: Sequence[Sequence[Result]], folder: Path, note: str) -> dict[str, Any]:
    drawings.draw_compute(groups, folder / "figures/accuracy-compute.png", note)
    return {"compute_figure": "figures/accuracy-compute.png"}


def _figures_per_experiment(results: Sequence[Result], folder: Path, note: str) -> dict[str, Any]:
    shown = []
    for result in (result for group in by_classes(results) for result in group):
        learning = f"figures/learning-{result.name}.png"
        has_epochs = max(len(history) for history in result.histories) > 1
        if has_epochs:
            drawings.draw_learning(result, folder / learning, f"{note} · protocol {result.protocol}")
        run = paths.training(result.name, result.seeds[0])
        entry: dict[str, Any] = {"result": result, "learning": learning if has_epochs else ""}
        for kind in ("confusion", "curves"):
            entry[kind] = f"figures/{kind}-{result.name}.png"
            shutil.copyfile(run / f"{kind}.png", folder / entry[kind])
        shown.append(entry)
    return {"experiments": shown}


def _data(
    settings: Params, results: Sequence[Result], faces: Faces, folder: Path, note: str
) -> dict[str, Any]:
    table = read_parquet(paths.FACES)
    has_usage = bool((faces.usage != "").all())
    protocols = []
    for result in {result.protocol: result for result in reversed(results)}.values():
        figure = f"figures/balance-{result.protocol}.png"
        samples = load_samples(paths.split(result.name))
        drawings.draw_counts(table, samples, result.protocol, folder / figure, note)
        protocols.append(
            {
                "name": result.protocol,
                "figure": figure,
                "described": provenance.describe(settings.protocol(result.protocol), has_usage=has_usage),
                "counts": {
                    subset: len(samples.subset(subset)) for subset in (TRAIN, VALIDATION, TEST, DROPPED)
                },
                "clean": int(samples.table["clean"].sum()),
                "leaky": result.leaky,
                "classes": result.classes,
            }
        )
    drawings.draw_faces(faces, folder / "figures/faces.png", note, settings.evaluate.seed)
    protocols.sort(key=lambda entry: str(entry["name"]))
    return {
        "protocols": protocols,
        "faces_figure": "figures/faces.png",
        "audit": audit_tables(read_json(paths.AUDIT)),
    }


def _provenance(settings: Params, results: Sequence[Result], faces: Faces) -> dict[str, Any]:
    return {
        "digest": content_digest(faces),
        "commit": provenance.git_commit(),
        "versions": provenance.versions(),
        "machine": provenance.machine(results),
        "parameters": provenance.parameters_text(settings),
    }


def _write_timings(results: Sequence[Result], groups: Sequence[Sequence[Result]], note: str) -> None:
    """Write what differs from run to run beside, not into, the results."""
    measured = {
        result.name: {
            str(seed): times
            for seed in result.seeds
            if (times := read_timings(paths.model(result.name, seed)))
        }
        for result in results
    }
    content = json.dumps(measured, sort_keys=True, indent=1)
    write_text(paths.TIMINGS / "timings.js", f"window.FERFLOW_TIMINGS = {content};\n")
    drawings.draw_times(groups, paths.TIMINGS / "accuracy-time.svg", note)
