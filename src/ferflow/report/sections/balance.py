"""What was measured on what: protocols, their sides, and their balance."""

from collections.abc import Mapping
from dataclasses import dataclass

from ferflow import paths
from ferflow.data.samples import Samples, load_samples
from ferflow.data.split import DROPPED, TEST, TRAIN, VALIDATION
from ferflow.params import Protocol, Split
from ferflow.plots.data import class_counts
from ferflow.report.context import ReportContext
from ferflow.report.results import Result
from ferflow.report.schedules import train_counts
from ferflow.report.section import Section


@dataclass(frozen=True)
class ProtocolEntry:
    """A protocol in words and figures; ``counts`` are rows by subset, ``clean`` those that stand alone."""

    name: str
    figure: str
    description: str
    counts: Mapping[str, int]
    clean: int
    leaky: bool
    classes: tuple[str, ...]


def section(context: ReportContext) -> Section:
    """Describe every protocol, and show the training samples of each class before and after its balance."""
    firsts = {result.protocol: result for result in reversed(context.results)}
    protocols = [_entry(context, firsts[name]) for name in sorted(firsts)]
    return Section("balance", "Balance", {"protocols": protocols})


def _entry(context: ReportContext, result: Result) -> ProtocolEntry:
    samples = load_samples(paths.split(result.name))
    protocol = context.settings.protocol(result.protocol)
    return ProtocolEntry(
        name=result.protocol,
        figure=_draw(context, samples, result.protocol),
        description=describe(protocol, has_usage=context.has_usage),
        counts={name: len(samples.subset(name)) for name in (TRAIN, VALIDATION, TEST, DROPPED)},
        clean=int(samples.table["clean"].sum()),
        leaky=result.leaky,
        classes=result.classes,
    )


def _draw(context: ReportContext, samples: Samples, protocol: str) -> str:
    method = samples.balance.method
    figure = class_counts(
        samples.train_counts,
        list(train_counts(samples, context.face_table).values()),
        samples.classes,
        remedy=method,
        title=protocol,
        note=f"{context.note} · {method}",
    )
    return context.draw(figure, f"balance-{protocol}.png")


def describe(protocol: Protocol, *, has_usage: bool) -> str:
    """Say in words how a protocol chooses, divides and balances."""
    parts = [_division(protocol.split, has_usage=has_usage)]
    if protocol.faces_per_class is not None:
        parts.insert(0, f"at most {protocol.faces_per_class:,} faces of each class")
    if protocol.image_size is not None:
        parts.insert(0, f"faces resized to {protocol.image_size} x {protocol.image_size}")
    parts.append(
        "copies of a face stay on one side"
        if protocol.split.group_by == "fingerprint"
        else "copies of a face may stand on several sides (leaky)"
    )
    balance = protocol.balance
    if balance.method == "none":
        parts.append("no balance")
    else:
        where = "train rows only" if balance.scope == "train" else "all rows, before they are divided"
        most = "" if balance.per_class is None else f" to {balance.per_class:,} of each class"
        parts.append(f"{balance.method}{most}, {where}")
    return "; ".join(parts)


def _division(split: Split, *, has_usage: bool) -> str:
    if split.by == "usage" or (split.by == "auto" and has_usage):
        if split.validation == 0:
            return "official division with one held-out side: Training trains, all else is test"
        return "official division: Training trains, PublicTest chooses, PrivateTest reports"
    of_what = "of each class" if split.stratify else "of all rows"
    held_out = f"{split.validation:.0%} validation" if split.validation else "no validation side"
    return f"random division, {split.test:.0%} test, {held_out}, {of_what}"
