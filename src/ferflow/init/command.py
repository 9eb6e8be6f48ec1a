"""``ferflow init``: look at data, write parameters that run on them, say what there is."""

import os
import subprocess
import tempfile
import unicodedata
from pathlib import Path

from pydantic import ValidationError

from ferflow import paths
from ferflow.errors import InputError, shown
from ferflow.files import write_text
from ferflow.ingest.formats import format_of
from ferflow.ingest.layout import Layout
from ferflow.init.facts import Facts, gather
from ferflow.init.findings import tell_facts, tell_plan
from ferflow.init.parameters import check, decide, fill_in
from ferflow.params import load
from ferflow.params.source import Data
from ferflow.progress import ShareProgress
from ferflow.schema import worst_mistake

SCHEMA = Path("docs/params.schema.json")
TEMPLATE = Path(__file__).parent / "params.yaml"


def init(source: Path, out: Path, *, force: bool = False, layout: str = "", group: str = "") -> list[str]:
    """Write parameters for data of one's own.

    Parameters
    ----------
    source : Path
        A folder, archive or table of faces.
    out : Path
        Parameter file to write.
    force : bool, default=False
        Replace it even if git does not have what stands in it.
    layout : str, optional
        Levels of the folders, where they cannot be found out.
    group : str, optional
        Level or column that names the person, where it cannot be found out.

    Returns
    -------
    list of str
        Lines that say what was found and decided.

    Raises
    ------
    InputError
        If the source cannot be used, or ``out`` holds what would be lost. Nothing is written then.
    """
    format_of(source)  # first: whoever mistypes it wants to hear of that, not of the target
    _check_target(out, source, force=force)
    arrangement = Layout.of(_data_section(layout, group)) if layout else None
    name = _name_in(out, source)
    with ShareProgress(f"reading {source.name}") as progress:
        facts = gather(source, name, arrangement, group, progress)
    return [*tell_facts(facts), *_write(facts, out)]


def _write(facts: Facts, out: Path) -> list[str]:
    from dvc.utils.serialize import modify_yaml

    plan = decide(facts)
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "params.yaml"
        trial.write_bytes(TEMPLATE.read_bytes())
        with modify_yaml(trial) as content:
            fill_in(content, plan)
        try:
            settings = load(trial)
        except InputError as error:  # what was filled in came from the data: a name that may not be, say
            raise InputError(str(error).replace(str(trial), str(out))) from None
        untested = check(settings, plan)
        write_text(out, _with_schema_beside(trial.read_text(encoding="utf-8"), out), follow=True)
    return tell_plan(plan, settings, untested, out)


def _with_schema_beside(text: str, out: Path) -> str:
    """Name the schema as seen from the folder of ``out``, so that editors find it from there."""
    schema = Path(os.path.relpath(SCHEMA, out.resolve().parent))
    return text.replace(f"$schema={SCHEMA.as_posix()}", f"$schema={schema.as_posix()}", 1)


def _data_section(layout: str, group: str) -> Data:
    try:
        levels = [level for level in layout.split("/") if level not in ("", "class", "usage", "*")]
        name = group or (levels[0] if len(levels) == 1 else None)
        return Data(path="-", image_size=48, on_bad_face="skip", layout=layout, group=name)
    except ValidationError as error:
        raise InputError(f"--{worst_mistake(error)[1]}") from None


def _name_in(out: Path, source: Path) -> str:
    """Name the source as seen from where the parameters are used: here, or in a project somewhere else."""
    beside = out.resolve().parent == Path.cwd() and paths.DVC_FILE.exists()
    name = (source if beside or source.is_absolute() else source.resolve()).as_posix()
    if {unicodedata.category(letter) for letter in name} & {"Cc", "Cs"}:
        raise InputError(
            f"{shown(name)}: a name that is not UTF-8, or has control characters in it, cannot stand in "
            f"{out.name}; rename the file or folder, or name a link to it"
        )
    return name


def _check_target(out: Path, source: Path, *, force: bool) -> None:
    if out == paths.PARAMS and not paths.DVC_FILE.exists():
        raise InputError(
            f"no {paths.DVC_FILE} here: run in the project's folder, a clone of ferflow, or say --out"
        )
    if out.is_dir():
        raise InputError(f"{out}: a folder; name a file in it, such as --out {out / paths.PARAMS}")
    if out.exists() and out.samefile(source):  # whatever git has, and whoever insists
        raise InputError(f"{out}: would overwrite the faces; name another file after --out")
    if force or not out.exists() or _is_in_git(out):
        return
    raise InputError(
        f"{out}: has changes that git does not have, and they would be lost; commit them, write elsewhere "
        "(--out other.yaml), or replace the file (--force)"
    )


def _is_in_git(file: Path) -> bool:
    file = file.resolve()  # a link stays: what would be lost stands where it leads
    try:
        done = subprocess.run(
            ("git", "show", f"HEAD:./{file.name}"),
            cwd=file.parent,
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return done.stdout == file.read_bytes()
