"""The ``ferflow`` command: everything that is not a stage of the pipeline."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ferflow import __version__
from ferflow.cli.subcommand import Command, ending_like_a_stage, show


def command(**settings: Any) -> Callable[[Callable[..., None]], click.Command]:
    """Make a function a subcommand with the exit codes and the one-line errors of the stages."""
    return lambda function: main.command(cls=Command, **settings)(ending_like_a_stage(function))


_MODEL = click.option("--model", help="A trained model, or the name of a network in the package.")
_DEVICE = click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ferflow")
def main() -> None:
    """Facial-expression recognition on FER-2013 as a reproducible workflow.

    `make`, `snakemake -j2` or `dvc repro` runs the pipeline itself; these commands do everything else.
    """


@command()
@click.argument("source", metavar="FOLDER|CSV|ARCHIVE", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default="params.yaml", show_default=True)
@click.option("--force", is_flag=True, help="Replace a params.yaml even if its changes are not in git.")
@click.option(
    "--layout", default="", help="Levels of folders: class/person, usage/person/class ...; * for any."
)
@click.option("--group", default="", help="Level of --layout, or column of the table, that names the person.")
def init(*, source: Path, out: Path, force: bool, layout: str, group: str) -> None:
    """Read your own faces and write a params.yaml that fits them."""
    from ferflow.init.command import init

    show("\n".join(init(source, out, force=force, layout=layout, group=group)))


@command()
@click.option(
    "--before",
    is_flag=True,
    help="Before a run: hand over if that can be done, else say nothing; fail only if Snakemake runs here.",
)
def sync(*, before: bool) -> None:
    """Tell Snakemake what DVC has made, or DVC what Snakemake has made.

    Finds out which of the two is behind. Refuses if neither says that all is done, or if an artifact is
    missing or not what its stage wrote.
    """
    from ferflow.engines.dvc_lock import mend_lock, release_dead_notes
    from ferflow.engines.lock import release_dead_lock
    from ferflow.engines.sync import nothing_made, sync, sync_if_possible

    if release_dead_lock():
        show("a Snakemake was killed here: its lock is removed, what it had finished is kept")
    if before and release_dead_notes():
        show("a DVC was killed here: its notes of what it was writing are removed")
    if mend_lock():
        show("a DVC was killed while it wrote dvc.lock: what that has lost is found or made again")
    if not before:
        show(sync())
    elif not nothing_made() and (message := sync_if_possible()):
        show(message)


@command()
def publish() -> None:
    """Send all finished results to MLflow, read from the files: after an outage, or to a new server.

    Results that were made with other parameters or code than the present ones are not sent, since they would
    get settings that they were not made with.
    """
    from ferflow import params
    from ferflow.engines.sync import outdated_trainings
    from ferflow.errors import InputError, some
    from ferflow.tracking.publish import publish_or_fail

    settings = params.load()
    outdated = []
    try:
        outdated = outdated_trainings(settings) if settings.tracking.enabled else []
    except InputError as error:  # if the results were copied without the faces, say
        click.echo(f"warning: sent without a check that params.yaml and the code made it: {error}", err=True)
    count = publish_or_fail(settings, without=outdated)
    show(f"{count} runs sent to MLflow")
    if outdated:
        names = some([f"{experiment} seed {seed}" for experiment, seed in outdated])
        raise InputError(
            f"not sent: {names}: neither engine says that params.yaml and the code are "
            "those that made it; run `snakemake -j2` or `dvc repro`, which sends it"
        )


@command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@_MODEL
@click.option("--cropped", is_flag=True, help="Each image is one face, not a photo to search for faces.")
@click.option("--out", default="-", show_default=True, help="File, device or pipe; - is standard output.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "jsonl"]),
    help="Default: by the suffix of --out, else a table on a terminal, else csv.",
)
@click.option(
    "--save", type=click.Path(path_type=Path), help="Annotated picture or video; a folder for many."
)
@click.option(
    "--every", metavar="TIME", help="Time between the frames of a video. Default: 0.5s; 0: every frame."
)
@click.option(
    "--smooth",
    metavar="TIME",
    help="Time over which a face in a video is averaged. Default: 1s; 0: no average.",
)
@_DEVICE
@click.option(
    "--on-bad",
    type=click.Choice(["fail", "skip"]),
    default="fail",
    show_default=True,
    help="What to do about an image that cannot be read.",
)
def predict(
    *,
    sources: tuple[str, ...],
    model: str | None,
    cropped: bool,
    out: str,
    form: str | None,
    save: Path | None,
    every: str | None,
    smooth: str | None,
    device: str,
    on_bad: str,
) -> None:
    """Find the faces in photos or videos and recognise their expressions.

    SOURCE is an image, a folder or an archive of images, a video, a pattern ("photos/*.jpg"), a CSV of faces
    with a column 'pixels', or - for standard input. An image or a frame without a face gets a row with an
    empty label. In a video, each face has a track, over which its probabilities are averaged.
    """
    from ferflow.errors import InputError
    from ferflow.predict.command import predict_sources
    from ferflow.predict.predictor import Predictor
    from ferflow.predict.sources import videos_among

    videos = videos_among(sources)
    if not videos and (every or smooth):
        raise InputError("--every and --smooth are for videos, and no source is one; leave them out")
    predictor = Predictor(model, cropped=cropped, device=device)
    skip = on_bad == "skip"
    if videos:
        from ferflow.predict.video.command import predict_videos

        predict_videos(
            predictor, videos, every=every, smooth=smooth, out=out, form=form, save=save, skip=skip
        )
    else:
        predict_sources(predictor, sources, out=out, form=form, save=save, skip=skip)


@command()
@click.argument("model", required=False, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="File to write. Default: named after the model.")
@click.option("--format", "form", type=click.Choice(["onnx", "pt2"]), help="Default: by the suffix of --out.")
@click.option(
    "--input",
    "dtype",
    type=click.Choice(["uint8", "float32"]),
    default="uint8",
    show_default=True,
    help="Type of the pixels, which are 0 to 255 in either case.",
)
@click.option(
    "--single-view",
    is_flag=True,
    help="Predict from the face alone, without its mirror image and other sizes: faster, less accurate.",
)
@click.option(
    "--int8",
    metavar="FACES",
    help="Make a network compute with 8-bit integers; its ranges are measured on these cropped faces "
    "(images, a folder, an archive or a table; training faces are best).",
)
def export(
    *,
    model: Path | None,
    out: Path | None,
    form: str | None,
    dtype: str,
    single_view: bool,
    int8: str | None,
) -> None:
    """Write a trained MODEL for other programs, as ONNX or as a program of torch.export.

    The file takes grey faces (n, height, width) and gives the probability of each class; everything before
    and after a network is included. Without MODEL, the network in the package is written.
    """
    from ferflow.export.calibration import drawn_faces
    from ferflow.export.command import export_model

    faces = None if int8 is None else functools.partial(drawn_faces, int8)
    show(export_model(model, out, form, dtype, single_view=single_view, calibration=faces))


@command()
@_MODEL
@_DEVICE
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Default: the first free port from 7860 on; 0: any free port.",
)
@click.option("--browser/--no-browser", default=True, help="Whether to open the page in a browser.")
def demo(*, model: str | None, device: str, port: int | None, browser: bool) -> None:
    """Open a local page to try models on: upload, webcam, sample photos, saliency, a comparison.

    Only this machine can reach it, nothing leaves the machine, and no photo is written to disk. The
    comparison is of the models of the last run in the folder where the command is started.
    """
    from ferflow.demo.command import run_demo

    run_demo(model, device=device, port=port, browser=browser)


@command()
@click.argument("face")
@click.option("--experiment", "experiments", multiple=True, help="Only this experiment; may be repeated.")
def why(*, face: str, experiments: tuple[str, ...]) -> None:
    """Say how each experiment uses a FACE, and why if it is not trained on.

    FACE is its number in results/faces.parquet, or its row or path in the source: "row 17",
    "train/happy/Training_17.png" or the end of it, "Training_17.png".
    """
    from ferflow.data.whereabouts import tell_all

    show("\n".join(tell_all(face, experiments)))


@command()
@click.argument("name", required=False)
def preset(*, name: str | None) -> None:
    """Write the experiments of the preset NAME into 'run' in params.yaml; without NAME, list the presets."""
    from ferflow.params.editing import preset_lines, use_preset

    show("\n".join(preset_lines()) if name is None else use_preset(name))


@command(name="set")
@click.argument("assignments", nargs=-1, required=True, metavar="KEY=VALUE...")
def set_values(*, assignments: tuple[str, ...]) -> None:
    """Set values in params.yaml, in the syntax of `dvc exp run -S`: budget=full 'run=[cnn]' 'seeds=[0,1]'.

    A list takes the place of the former one, a mapping {...} is merged into it, and
    '~sweeps.logistic-oversample' removes a key. The file is validated before it is written; comments stay.
    """
    from ferflow.params.editing import set_values

    show("\n".join(set_values(assignments)))


@command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="File to write; default, or -: print it.",
)
def schema(*, out: Path | None) -> None:
    """Print the JSON schema of params.yaml, with which editors complete and check it.

    docs/params.schema.json has ferflow's own models and remedies; what is printed also has those of other
    installed packages.
    """
    from ferflow.files import write_text
    from ferflow.params.json_schema import schema_text

    if out in (None, Path("-")):
        show(schema_text().removesuffix("\n"))
    else:
        write_text(out, schema_text(), follow=True)
