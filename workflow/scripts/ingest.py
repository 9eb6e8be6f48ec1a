"""Read the faces of data.path, whatever its shape, and audit them: results/faces.*, audit.json and more."""

from ferflow.engines import interruption

interruption.expect()  # before the imports below, which take seconds

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from ferflow import paths
from ferflow.atomic import atomic_path
from ferflow.data.faces import save_faces
from ferflow.engines.script import Context, run_stage
from ferflow.files import write_json, write_text
from ferflow.ingest import sources
from ferflow.ingest.audit import audit, find_near_duplicates, near_duplicate_table, resembled
from ferflow.ingest.layout import Layout
from ferflow.params.against_data import check_classes
from ferflow.progress import ShareProgress


def main(context: Context) -> None:
    """Ingest one source; what stood in results/ stays until all of the new is complete."""
    settings = context.params
    path = Path(settings.data.path)
    with ShareProgress(f"reading {path.name}") as progress:
        result = sources.read(
            path, settings.data.image_size, settings.data.on_bad_face, progress, Layout.of(settings.data)
        )
    check_classes(settings, result.faces.classes)
    near = find_near_duplicates(result.faces, settings.audit.near_duplicates)
    report = audit(path.name, result, near, settings.data.group or "")
    outputs = (paths.PIXELS, paths.FACES, paths.ORIGINS, paths.AUDIT, paths.NEAR_DUPLICATES)
    with ExitStack() as stack:
        pixels, table, origins, audit_file, similar = (
            stack.enter_context(atomic_path(output)) for output in outputs
        )
        save_faces(replace(result.faces, resembles=resembled(near)), pixels, table, origins)
        write_json(audit_file, report)
        write_text(similar, near_duplicate_table(result.faces, near).to_csv(index=False, lineterminator="\n"))
    print(_summary(report))


def _summary(report: dict[str, Any]) -> str:
    counts = pd.DataFrame(report["counts"]).T.rename(index={"": "faces"})[report["classes"]]
    counts["total"] = counts.sum(axis=1)
    exact, near = report["duplicates"], report["near_duplicates"]
    people = report["people"]
    of_people = (
        f"{people['people']:,} people ({people['name']}), {people['across_usages']:,} in several usages\n"
        if people
        else ""
    )
    return (
        f"{report['source']}: {report['faces']:,} faces, data {report['data_digest']}\n{counts}\n"
        f"{exact['copies_of_an_earlier_face']:,} are exact copies of an earlier face; "
        f"{exact['groups_across_usages']:,} groups of copies cross usages, "
        f"{exact['groups_with_two_labels']:,} carry different labels; "
        f"{exact['private_test_in_training']:,} PrivateTest faces stand in Training\n"
        f"{near['groups']:,} groups of near duplicates, {near['groups_across_usages']:,} across usages; "
        f"{len(report['blank']):,} blank images\n"
        f"{of_people}{sum(report['converted'].values()):,} converted to grey, {report['resized']:,} resized, "
        f"{len(report['skipped']):,} bad faces skipped, {report['ignored_files']:,} other files ignored"
    )


if __name__ == "__main__":
    run_stage("ingest", main, __doc__)
