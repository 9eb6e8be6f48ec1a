"""Of several processes that train together, as torchrun starts them, the first alone writes."""

import runpy
import sys
from pathlib import Path

import pytest
import yaml

from ferflow import params
from ferflow.data.draw import draw_samples
from ferflow.data.faces import read_face_table
from ferflow.data.samples import save_samples
from ferflow.engines.stages import Job
from ferflow.params import Params
from tests.cut import cut
from tests.tracking.finished import ROOT
from tests.vouching import vouch_for_inputs


def train(rank: int, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Run the train script as the process with this rank, and list the files that it leaves."""
    before = files()
    monkeypatch.setenv("RANK", str(rank))
    monkeypatch.setattr(sys, "argv", ["train.py", "--experiment", "softmax", "--seed", "0"])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(ROOT / "workflow/scripts/train.py"), run_name="__main__")
    assert end.value.code == 0
    return files() - before


def files() -> set[str]:
    return {str(path) for path in Path().rglob("*") if path.is_file()}


def test_the_second_process_trains_and_writes_nothing(
    settings: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    cut(content, ["softmax"])
    content["experiments"]["softmax"]["epochs"] = {"quick": 2, "full": 2}
    Path("params.yaml").write_text(yaml.safe_dump(content))
    protocol = params.load().protocol_of("softmax")
    drawn = protocol.model_copy(update={"split": protocol.split.model_copy(update={"by": "random"})})
    samples = draw_samples(read_face_table(), drawn, "seven")
    Path("results/experiments/softmax").mkdir(parents=True)
    save_samples(Path("results/experiments/softmax/split.parquet"), samples)
    vouch_for_inputs(Job("train", "softmax", 0))

    assert train(1, monkeypatch) == set()
    written = train(0, monkeypatch)
    assert {"model.safetensors", "history.csv", "train-softmax-0.json"} <= {
        Path(file).name for file in written
    }
