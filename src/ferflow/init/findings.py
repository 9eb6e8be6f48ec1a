"""What ``ferflow init`` says of a source and of the parameters that it has written for it."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from ferflow import paths
from ferflow.data.faces import USAGES
from ferflow.errors import counted
from ferflow.init.facts import Facts
from ferflow.init.parameters import Plan
from ferflow.params import Params

_SHOWN = 5  # of bad images


def tell_facts(facts: Facts) -> list[str]:
    """Say what a source holds: counts, sizes, people, copies, bad images.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    list of str
    """
    return [
        *_counts(facts),
        *_unread(facts),
        *_images(facts),
        *_people(facts),
        *_copies(facts),
        *_bad(facts),
    ]


def _counts(facts: Facts) -> Iterator[str]:
    yield f"{facts.audit['source']}: {len(facts.result.faces):,} faces of {len(facts.classes)} classes"
    counts = facts.audit["counts"]
    usages = [usage for usage in USAGES if usage in counts]
    width = max(map(len, (*facts.classes, "all")))
    heads = [usage or "faces" for usage in usages]
    if usages != [""]:
        yield "  ".join((" " * (width + 2), *heads))
    total = [sum(counts[usage].values()) for usage in usages]
    for name, row in [*((c, [counts[u][c] for u in usages]) for c in facts.classes), ("all", total)]:
        cells = (f"{number:>{len(head)},}" for number, head in zip(row, heads, strict=True))
        yield "  ".join((f"  {name:<{width}}", *cells))


def _unread(facts: Facts) -> Iterator[str]:
    total = sum(facts.unread.values())
    if total:
        kinds = ", ".join(f"{number:,} {suffix}" for suffix, number in facts.unread.items())
        are, them = ("is", "it") if total == 1 else ("are", "them")
        yield f"pictures of other kinds: {kinds}, which {are} not read; convert {them} to PNG or JPEG"


def _images(facts: Facts) -> Iterator[str]:
    sizes = sorted(facts.result.sizes.items(), key=lambda item: (-item[1], item[0]))
    (width, height), _ = sizes[0]
    others = f" and {counted(len(sizes) - 1, 'other size')}" if len(sizes) > 1 else ""
    colour = sum(facts.result.converted.values())
    side = facts.image_size
    yield (
        f"images: {width} x {height}{others}, {colour:,} not grey; all become grey, {side} x {side} pixels"
        + ("" if min(width, height) <= side else " (data.image_size)")
    )


def _people(facts: Facts) -> Iterator[str]:
    people = facts.audit["people"]
    if people:
        level = f"folders {facts.layout}" if facts.layout.levels else f"column {facts.layout.group}"
        without = people["faces_without"]
        verb = "names" if without == 1 else "name"
        nobody = f"; {counted(without, 'face')} {verb} nobody" if without else ""
        yield f"people: {people['people']:,}, named by {level}{nobody}"
        if people["across_usages"]:
            yield (
                f"caution: people in several usages: {people['across_usages']:,}; PrivateTest faces of "
                f"people in Training: {people['private_test_in_training']:,}; "
                "to part people instead, set split.by to random in the protocols"
            )
    elif facts.layout.levels:
        yield f"folders: {facts.layout}; no three people are named, so splits keep copies together only"
    elif facts.too_few:
        yield f"column {facts.too_few}: names no three people, so splits keep copies together only"


def _copies(facts: Facts) -> Iterator[str]:
    exact, near = facts.audit["duplicates"], facts.audit["near_duplicates"]
    yield (
        f"copies: {counted(exact['copies_of_an_earlier_face'], 'exact one')} of an earlier face, "
        f"{counted(exact['groups_across_usages'], 'group')} of them across usages, "
        f"{exact['groups_with_two_labels']:,} under two labels; "
        f"{counted(near['groups'], 'group')} of near copies, "
        f"{near['groups_across_usages']:,} across usages"
    )
    if near["groups"]:
        yield "  to keep near copies together too, set split.group_by to near_duplicates in the protocols"
    if facts.audit["blank"]:
        yield f"blank images: {len(facts.audit['blank']):,}"


def _bad(facts: Facts) -> Iterator[str]:
    skipped = facts.result.skipped
    if skipped:
        yield f"bad images: {len(skipped):,}, which are left out (data.on_bad_face: skip):"
        yield from (f"  {face.origin}: {face.reason}" for face in skipped[:_SHOWN])
        if len(skipped) > _SHOWN:
            yield f"  and {len(skipped) - _SHOWN:,} more"


def tell_plan(plan: Plan, settings: Params, untested: list[str], out: Path) -> list[str]:
    """Say what the parameters are, and the next command.

    Parameters
    ----------
    plan : Plan
    settings : Params
        As they were written.
    untested : list of str
        Classes of which no face is tested.
    out : Path
        Where they were written.

    Returns
    -------
    list of str
    """
    split = plan.division.split
    shares = f" ({split.validation:.0%} validation, {split.test:.0%} test)" if split.by == "random" else ""
    samples = plan.samples()
    lines = [
        "",
        f"{out}: written",
        f"  two classes: {' against '.join(plan.pair)}, those with the fewest faces",
        f"  division: {'at random' + shares + '; ' if shares else ''}{plan.division.reason}",
        f"  budget: {settings.budget}, epochs fitted to {samples.train_faces:,} faces to train on; "
        "`ferflow set budget=full` for more",
        f"  run: {', '.join(settings.run)}"
        + (" (no remedies: classes are balanced)" if plan.is_balanced else ""),
    ]
    if untested:
        names = ", ".join(f"'{name}'" for name in untested)
        lines.append(f"caution: no face of {names} falls to the test subset: too few people show it")
    return [*lines, "", f"next: {_command(out)} (or snakemake -j2), which ends in {paths.REPORT}/index.html"]


def _command(out: Path) -> str:
    if out.absolute() == paths.PARAMS.absolute():
        return "make"
    if paths.DVC_FILE.exists():
        return f"cp {shlex.quote(str(out))} {paths.PARAMS} && make"
    return f"in a clone of ferflow, cp {shlex.quote(str(out.absolute()))} {paths.PARAMS} && make"
