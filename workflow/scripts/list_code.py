"""Write down, for DVC, which files each stage executes and what they hold: .ferflow/code/<stage>.txt.

`dvc repro` runs this first where any file of code has changed; what follows runs again only if its own did.
"""

from ferflow.engines.code import write_code
from ferflow.engines.script import run

if __name__ == "__main__":
    run(write_code)
