"""Write docs/claims.md from the results of a finished run: `python docs/make_claims.py MACHINE DURATION`.

MACHINE and DURATION are words for the page ("2 cores, AMD EPYC", "9 h"); all else is read from results/. Only
a run on FER-2013 with `budget: full` will do.
"""

import re
import sys
from pathlib import Path

from ferflow import params
from ferflow.claims import load_claims
from ferflow.engines.script import run
from ferflow.errors import InputError
from ferflow.files import write_text
from ferflow.ingest.audit_file import read_audit
from ferflow.report.results import read_results
from ferflow.report.sections.claims import claims_markdown, judge_all, require_full_run

PAGE = """# Claims

What five published systems claim, measured again on the real FER-2013: under each system's own protocol,
leaks and bugs included, and also under an honest one. A figure is *reproduced* if ours differs from it by no
more than the tolerance in brackets. `workflow/claims.yaml` says where each figure was published, how ours is
read and where each tolerance comes from. Claims that do not reproduce are kept.

## How to get them again

In `params.yaml`:

```yaml
data:
  path: {source}          # or the image archive, or its folder: the same faces, the same rows
budget: {budget}
seeds: {seeds}
precision: {precision}
run: ...                   # `ferflow preset published`; for EfficientNet with three seeds see transfer.md
```

Then run `snakemake -j2` and, for this page, `python docs/make_claims.py MACHINE DURATION`.

- Faces: {faces:,}, digest `{digest}`.
- Machine: {machine}.
- Duration: {duration}.

## Verdicts

{claims}"""


def main() -> None:
    """Judge the claims by the results and write the page."""
    if len(sys.argv) != 3:
        raise InputError("usage: python docs/make_claims.py MACHINE DURATION")
    settings = params.load()
    require_full_run("docs/claims.md", settings)
    audit = read_audit()
    claims = load_claims()
    tables = claims_markdown(claims, judge_all(claims, settings, read_results(settings)), "FER-2013")
    page = PAGE.format(
        faces=audit["faces"],
        digest=audit["data_digest"],
        source=Path(settings.data.path).name,
        budget=settings.budget,
        seeds=settings.seeds,
        precision=settings.precision,
        machine=sys.argv[1],
        duration=sys.argv[2],
        claims=re.sub(r"^#", "##", tables.split("\n", 2)[2], flags=re.MULTILINE),
    )
    write_text("docs/claims.md", page)


if __name__ == "__main__":
    run(main)
