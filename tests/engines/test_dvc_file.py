from collections.abc import Sequence
from pathlib import Path

import pytest

from ferflow.engines import dvc_file
from ferflow.engines.dvc_file import is_current, with_current_code, write

ROOT = Path(__file__).parents[2]

TEMPLATE = """\
# the stages
stages:
  plain:
    cmd: python workflow/scripts/plain.py
    deps:
      - workflow/scripts/plain.py
<plain>
      # why the next is here
      - workflow/claims.yaml
      - ${data.path}
    params: [sample, "quoted"]

  each:
    foreach: ${protocols}
    do:
      cmd: python workflow/scripts/each.py ${key}
      deps:
<each>
      outs:
        - results/${key}

  # the last
  grid:
    matrix:
      seed: ${seeds}
    deps:
      - workflow/scripts/grid.py
<grid>
"""
FACES = ("results/faces.npy  # of ingest", "results/faces.parquet")
CODE = ("src/ferflow/a.py", "src/ferflow/b.py")


def dvc_yaml(plain: Sequence[str], each: Sequence[str], grid: Sequence[str]) -> str:
    """Write a ``dvc.yaml`` of three stages with these dependencies."""
    text = TEMPLATE
    for name, indent, deps in (("plain", 6, plain), ("each", 8, each), ("grid", 6, grid)):
        text = text.replace(f"<{name}>\n", "".join(f"{' ' * indent}- {item}\n" for item in deps))
    return text


BEFORE = dvc_yaml(
    plain=["src/ferflow/old.py"],
    each=[FACES[0], "src/ferflow/params", FACES[1]],
    grid=[],
)
AFTER = dvc_yaml(plain=CODE, each=["workflow/scripts/each.py", *CODE, *FACES], grid=CODE)


@pytest.fixture
def _three_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        dvc_file,
        "code",
        lambda stage: [f"workflow/scripts/{stage}.py", *CODE],
    )


def test_dvc_yaml_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert is_current(), "run `ferflow deps`"


@pytest.mark.usefixtures("_three_files")
def test_code_is_replaced_and_all_else_left_as_it_is() -> None:
    assert with_current_code(BEFORE) == AFTER
    assert with_current_code(AFTER) == AFTER


@pytest.mark.usefixtures("_three_files")
def test_a_file_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "dvc.yaml"
    path.write_text(BEFORE)
    assert not is_current(path)
    assert write(path)
    assert path.read_text() == AFTER
    assert is_current(path)
    assert not write(path)
