"""A copy of the project in which stubs stand in for the scripts."""

import ast
import json
from pathlib import Path

import yaml

from tests.cut import cut
from tests.pipeline.copies import copy_project, run_in
from tests.pipeline.plans import LOOKUP, dvc_plan

# Stands in for every script: what is compared is the plans, and for these it is enough that files are there.
STUB = """
import json, sys
from pathlib import Path

from ferflow.engines.records import write_record

command = "python " + " ".join(sys.argv)
outputs = [Path(path) for path in json.loads(Path("outputs.json").read_text())[command]]
artifacts = [path for path in outputs if "records" not in path.parts]
for artifact in artifacts:
    file = artifact if artifact.suffix else artifact / "figure.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"command": sys.argv, "artifact": artifact.name}))
for record in set(outputs) - set(artifacts):
    write_record(record, artifacts)
"""


def stub(script: str) -> str:
    """Stand in for a script, with its imports where nobody calls them: the code that it depends on."""
    statements = [
        node for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    lines = "".join(f"    {ast.unparse(statement)}\n" for statement in statements)
    return f"{STUB}\n\ndef never_called():\n{lines}"


def make_finished(folder: Path) -> None:
    """Lay out a copy with stubs for scripts and three experiments, in which both engines have all done."""
    copy_project(folder)
    parameters = yaml.safe_load((folder / "params.yaml").read_text())
    cut(parameters, ("logistic", "softmax", "cnn-oversample"))
    parameters["sweeps"] = {"logistic": {"l2": [0.1]}}
    parameters["repeated_splits"] = {"softmax": {"against": "logistic", "repetitions": 3}}
    parameters["explain"] = ["cnn-oversample"]
    parameters["labels"]["experiment"] = "cnn-oversample"
    (folder / "params.yaml").write_text(yaml.safe_dump(parameters))
    plan = dvc_plan(folder)
    del plan[LOOKUP]
    (folder / "outputs.json").write_text(
        json.dumps({command: sorted(job.outputs) for command, job in plan.items()})
    )
    for script in {folder / command.split()[1] for command in plan}:
        script.write_text(stub(script.read_text()))
    run_in(folder, "snakemake", "-j2")
    run_in(folder, "ferflow", "sync")
