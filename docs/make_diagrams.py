"""Draw the flowcharts of README.md and docs/architecture.md for the site: `python docs/make_diagrams.py`.

GitHub draws them itself, from Mermaid's language; here Graphviz (`dot`) does, so that the site needs no
script. A drawing is named for the text that it shows.
"""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from ferflow.atomic import atomic_path
from ferflow.engines.script import run
from ferflow.errors import InputError

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"```mermaid\n(.*?)```", re.DOTALL)
SOURCES = ("README.md", "docs/architecture.md")
_STYLE = (
    'rankdir=LR; bgcolor=white; ranksep=0.3; node [shape=box style="rounded,filled" fillcolor="#eef2f7"'
    ' color="#64748b" fontname="Helvetica,Arial,sans-serif" fontsize=12];'
    ' edge [color="#64748b" arrowsize=0.7];'
)


def svg_of(flowchart: str) -> str:
    """Name the drawing of a flowchart.

    Parameters
    ----------
    flowchart : str
        In Mermaid's language.

    Returns
    -------
    str
        File name.
    """
    return f"stages-{hashlib.sha256(flowchart.encode()).hexdigest()[:8]}.svg"


def to_dot(flowchart: str) -> str:
    """Translate a flowchart into Graphviz's language.

    Parameters
    ----------
    flowchart : str
        Lines of ``a --> b["label"] --> c``.

    Returns
    -------
    str
    """
    labels = dict(re.findall(r'(\w+)\["(.*?)"\]', flowchart))
    bare = re.sub(r'\[".*?"\]', "", flowchart)
    edges = [line.strip().replace("-->", "->") + ";" for line in bare.splitlines()[1:]]
    nodes = [f'{name} [label="{label.replace("<br>", chr(92) + "n")}"];' for name, label in labels.items()]
    return "\n".join(["digraph {", _STYLE, *nodes, *edges, "}"])


def main() -> None:
    """Draw all, and remove what no page shows any more."""
    if shutil.which("dot") is None:
        raise InputError("no Graphviz, whose `dot` draws: apt-get install graphviz")
    folder = ROOT / "docs" / "img"
    flowcharts = [chart for source in SOURCES for chart in BLOCK.findall((ROOT / source).read_text())]
    for flowchart in flowcharts:
        with atomic_path(folder / svg_of(flowchart)) as temporary:
            command = ["dot", "-Tsvg", "-o", str(temporary)]
            subprocess.run(command, input=to_dot(flowchart), text=True, check=True)
    current = {svg_of(flowchart) for flowchart in flowcharts}
    for old in folder.glob("stages-*.svg"):
        if old.name not in current:
            old.unlink()


if __name__ == "__main__":
    run(main)
