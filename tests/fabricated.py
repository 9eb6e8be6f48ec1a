"""A finished run that nobody trained: faces, plans and predictions with a known story.

The story: the fewer faces a class has, the worse its recall; remedies trade the common classes for the rare.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from ferflow import params, paths
from ferflow.data.draw import divide, make_balance, select
from ferflow.data.faces import FER_CLASSES, Faces, load_faces, make_faces, save_faces
from ferflow.data.samples import save_samples
from ferflow.data.split import TEST, VALIDATION
from ferflow.evaluation import predictions as evaluation
from ferflow.evaluation.evaluation import Cost, Evaluation, Machine, write_evaluation
from ferflow.files import read_parquet, write_json, write_parquet, write_text
from ferflow.ingest.audit import audit, find_near_duplicates
from ferflow.ingest.collection import BadFace
from ferflow.ingest.sources import SourceResult
from ferflow.plots import evaluation as figures
from ferflow.plots.style import save
from ferflow.timings import record_timings
from tests.cut import cut
from tests.fabricated_studies import fabricate_studies

REPOSITORY = Path(__file__).parents[1]
RATIO = np.array([3995, 436, 4097, 7215, 4830, 3171, 4965])
_LIFT = {"undersample": 1.6, "oversample": 1.1, "augment": 1.2, "class weights": 0.9, "focal loss": 0.7}
_SKILL = {"kmeans": 0.0, "softmax": 0.8, "logistic": 1.2, "cnn": 2.2, "dnn": 1.5}


def draw_faces(n: int, size: int = 24, seed: int = 0) -> Faces:
    """Blobs whose brightness says their class."""
    rng = np.random.default_rng(seed)
    label = np.concatenate([np.arange(7).repeat(12), rng.choice(7, n - 84, p=RATIO / RATIO.sum())])
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    head = 110 * np.exp(-2.5 * (x**2 * 1.6 + y**2))
    mouth = 90 * np.exp(-30 * (y - 0.45 - 0.3 * (label[:, None, None] - 3) / 3 * x**2) ** 2 - 4 * x**2)
    pixels = np.clip(60 + head - mouth + rng.normal(0, 12, (n, size, size)), 0, 255).astype(np.uint8)
    usage = np.array(["Training", "PublicTest", "PrivateTest"])[
        np.concatenate(
            [np.tile([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2], 7), rng.choice(3, n - 84, p=[0.8, 0.1, 0.1])]
        )
    ]
    pixels[-5:] = pixels[100:105]  # copies, some across usages
    return make_faces(pixels, label.astype(np.int16), usage, FER_CLASSES, [f"row {i + 2}" for i in range(n)])


LEAKY = "logistic-leaky"
SOME = ("logistic", "logistic-oversample", "cnn", "cnn-oversample", "cnn-weighted", "kmeans", LEAKY)


def fabricate(
    settings_file: Path,
    *,
    n: int = 900,
    resamples: int = 100,
    seeds: tuple[int, ...] = (0, 1),
    experiments: tuple[str, ...] = SOME,
) -> None:
    """Write, into the working folder, all that the stages before the report would have written."""
    content = yaml.safe_load(settings_file.read_text())
    content["seeds"] = list(seeds)
    content["evaluate"]["resamples"] = resamples
    content["tracking"]["enabled"] = False
    content["protocols"]["pair-leaky"] = {
        "classes": ["angry", "disgust"],
        "balance": {"method": "oversample", "scope": "all"},
        "split": {"by": "random", "group_by": "none", "test": 0.2},
    }
    content["experiments"][LEAKY] = {"protocol": "pair-leaky", "model": {"name": "logistic"}}
    cut(content, experiments or list(content["experiments"]))
    content["clusters"] |= {"components": [2, 3], "clusters": [5, 7], "larger": 2}
    write_text(Path("params.yaml"), yaml.safe_dump(content, sort_keys=False))
    settings = params.load()
    faces = draw_faces(n)
    save_faces(
        faces, Path("results/faces.npy"), Path("results/faces.parquet"), Path("results/origins.parquet")
    )
    source = SourceResult(
        faces,
        {"RGB": 3},
        sizes={(60, 60): 2},
        ignored=1,
        skipped=(BadFace("train/sad/x.jpg", "not an image"),),
    )
    write_json(Path("results/audit.json"), audit("sample.zip", source, find_near_duplicates(faces, 4)))
    table = read_parquet("results/faces.parquet")
    for name in settings.run:
        protocol = settings.experiment(name).protocol
        selection = select(table, settings.protocol(protocol), protocol)
        write_parquet(paths.balance(name), make_balance(selection))
        for seed in settings.seeds:
            _fabricate_run(settings, name, seed, table)
    fabricate_studies(settings)
    write_text(paths.CLAIMS, (REPOSITORY / paths.CLAIMS).read_text())


def _fabricate_run(settings: params.Params, name: str, seed: int, table: pd.DataFrame) -> None:
    experiment = settings.experiment(name)
    protocol = settings.protocol(experiment.protocol)
    selection = select(table, protocol, experiment.protocol)
    samples = divide(selection, read_parquet(paths.balance(name)))
    save_samples(paths.split(name), samples)
    classes = samples.classes
    folder = paths.training(name, seed)
    rng = np.random.default_rng([seed, *name.encode()])

    faces = load_faces()
    used = samples.table[samples.table["subset"].isin([VALIDATION, TEST])].sort_values(["subset", "face"])
    target = {faces.classes.index(c): i for i, c in enumerate(classes)}
    labels = np.array([target[label] for label in faces.label[used["face"]]])
    remedy = next((r for r in _LIFT if r[:6] in name), "class weights" if "weighted" in name else "none")
    share = np.log(np.bincount(labels, minlength=len(classes)) / len(labels))
    logits = rng.normal(0, 1, (len(labels), len(classes))) + (0.8 - 0.6 * _LIFT.get(remedy, 0)) * share
    logits[np.arange(len(labels)), labels] += _SKILL[experiment.model.name]
    probabilities = (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float32)
    predictions = evaluation.prediction_table(used, labels, probabilities, classes)
    subsets = evaluation.measure_subsets(predictions, classes, settings.evaluate)
    macs = {"cnn": 9_000_000, "kmeans": 130_000}.get(experiment.model.name, 2304 * len(classes))
    write_parquet(folder / "predictions.parquet", predictions)
    write_json(folder / "metrics.json", evaluation.plain_metrics(subsets))
    write_evaluation(
        Evaluation(
            experiment=name,
            seed=seed,
            settings=experiment.model_dump(mode="json"),
            protocol=experiment.protocol,
            model=experiment.model.name,
            classes=classes,
            leaky=samples.leaky,
            machine=Machine(
                threads=1,
                precision="float32" if experiment.model.supports_bfloat16 else None,
                device="cpu" if experiment.model.is_network else None,
            ),
            subsets=subsets,
            cost=Cost(
                parameters=macs // 30,
                macs=macs,
                model_bytes=macs // 7,
                training_macs=3 * macs * samples.train_faces * 12,
            ),
        )
    )
    epochs = np.arange(1, 2 if experiment.model.name == "kmeans" else 13)
    best = subsets.validation.metrics
    grown = 1 - np.exp(-epochs / 3)
    history = pd.DataFrame(
        {"epoch": epochs, "lr": 0.01, "train_loss": 1.9 - grown, "validation_loss": 2 - 0.8 * grown}
    )
    for metric in ("accuracy", "balanced_accuracy", "macro_f1"):
        history[f"validation_{metric}"] = best[metric].value * grown
    write_text(folder / "history.csv", history.to_csv(index=False))
    model = folder / "model.safetensors"
    write_text(model, f"{name} {seed}: nobody trained it")
    record_timings(
        model, train_seconds=float(rng.uniform(1, 30)), latency_ms=float(rng.uniform(0.1, 2)), threads=1
    )
    if seed != settings.seeds[0]:  # the report shows the first seed's
        for figure in ("confusion.png", "curves.png"):
            (folder / figure).touch()
        return
    title = f"{name}, seed {seed}"
    note = f"sample faces · protocol {experiment.protocol} · {subsets.official.n} test faces"
    confusion = figures.confusion(subsets.official.counts(), classes, title=title, note=note)
    save(confusion, folder / "confusion.png")
    curves = figures.curves(
        *evaluation.select_subset(predictions, "official"), classes, title=title, note=note
    )
    save(curves, folder / "curves.png")
