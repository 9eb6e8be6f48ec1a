from pathlib import Path

import pytest

from ferflow.engines import dvc_file
from ferflow.engines.dvc_file import is_current, updated, write

ROOT = Path(__file__).parents[2]

BEFORE = """\
# the stages
stages:
  plain:
    cmd: python workflow/scripts/plain.py
    deps:
      - workflow/scripts/plain.py
      - src/ferflow/old.py
      # why the next is here
      - workflow/claims.yaml
      - ${data.path}
    params: [sample, "quoted"]

  each:
    foreach: ${protocols}
    do:
      cmd: python workflow/scripts/each.py ${key}
      deps:
        - results/faces.npy  # of ingest
        - src/ferflow/params
        - results/faces.parquet
      outs:
        - results/${key}

  # the last
  grid:
    matrix:
      seed: ${seeds}
    deps:
      - workflow/scripts/grid.py
"""

AFTER = """\
# the stages
stages:
  plain:
    cmd: python workflow/scripts/plain.py
    deps:
      - workflow/scripts/plain.py
      - src/ferflow/a.py
      - src/ferflow/b.py
      # why the next is here
      - workflow/claims.yaml
      - ${data.path}
    params: [sample, "quoted"]

  each:
    foreach: ${protocols}
    do:
      cmd: python workflow/scripts/each.py ${key}
      deps:
        - workflow/scripts/each.py
        - src/ferflow/a.py
        - src/ferflow/b.py
        - results/faces.npy  # of ingest
        - results/faces.parquet
      outs:
        - results/${key}

  # the last
  grid:
    matrix:
      seed: ${seeds}
    deps:
      - workflow/scripts/grid.py
      - src/ferflow/a.py
      - src/ferflow/b.py
"""


@pytest.fixture
def _three_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        dvc_file,
        "code",
        lambda stage: [f"workflow/scripts/{stage}.py", "src/ferflow/a.py", "src/ferflow/b.py"],
    )


def test_dvc_yaml_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert is_current(), "run `ferflow deps`"


@pytest.mark.usefixtures("_three_files")
def test_code_is_replaced_and_all_else_left_as_it_is() -> None:
    assert updated(BEFORE) == AFTER
    assert updated(AFTER) == AFTER


@pytest.mark.usefixtures("_three_files")
def test_a_file_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "dvc.yaml"
    path.write_text(BEFORE)
    assert not is_current(path)
    assert write(path)
    assert path.read_text() == AFTER
    assert is_current(path)
    assert not write(path)
