import ast
import hashlib
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ferflow.sample
from ferflow.sample.exact import bell, between, combine, cos, exp, log, power, sin

FACES, SEED = 210, 42
# Of the archive of FACES faces under SEED. It changes only when the drawing does.
DIGEST = "680863d03f768dcd27c2de568318b00b49c49e427255e4422d5d8dfcd6d20368"
SOURCES = sorted(Path(ferflow.sample.__file__).parent.glob("*.py"))
# What differs between processors or C libraries, or may be fused by a compiler.
INEXACT = {
    *("exp", "exp2", "log", "log2", "sin", "cos", "tan", "arctan2", "hypot", "power", "pow", "tanh", "cbrt"),
    *("uniform", "normal", "standard_normal", "exponential", "interp", "mean", "std", "var", "average"),
    *("dot", "matmul", "einsum", "tensordot", "norm", "polyval", "convolve"),
}


@pytest.mark.parametrize(
    ("ours", "theirs", "low", "high", "near_zero"),
    [
        (exp, np.exp, -700, 5, 0),
        (sin, np.sin, -20, 20, 1e-15),
        (cos, np.cos, -20, 20, 1e-15),
        (log, np.log, 1e-9, 30, 1e-15),
        (lambda x: power(x, 0.37), lambda x: np.power(x, 0.37), 0, 3, 0),
    ],
)
def test_series_are_accurate(  # type: ignore[no-untyped-def]
    ours, theirs, low: float, high: float, near_zero: float
) -> None:
    x = np.linspace(low, high, 20001)
    np.testing.assert_allclose(ours(x), theirs(x), rtol=4e-15, atol=near_zero)


def test_edges_of_the_series() -> None:
    assert exp(0.0) == 1 and 0 < exp(-1e9) == exp(-700.0)
    assert power([0.0, 1.0], 0.7).tolist() == [0.0, 1.0]
    assert sin(0.0) == 0 and cos(0.0) == 1 and cos(math.pi) == -1


def test_combine_is_the_matrix_product() -> None:
    rng = np.random.default_rng(0)
    weights, points = rng.random((5, 3)), rng.random((3, 2))
    np.testing.assert_allclose(combine(weights, points), weights @ points)


def test_draws_have_their_distributions() -> None:
    rng = np.random.default_rng(0)
    normal, even = bell(rng, 200, 100), np.array(between(rng, -2.0, 6.0, 20000))
    assert normal.shape == (200, 100) and abs(normal.mean()) < 0.02 and abs(normal.std() - 1) < 0.02
    assert even.min() >= -2 and even.max() < 6 and abs(even.mean() - 2) < 0.1
    assert isinstance(between(rng, 0, 1), float)


def test_faces_are_drawn_with_exact_operations_alone() -> None:
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            place = f"{source.name}, line {getattr(node, 'lineno', 0)}"
            assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)), place
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                assert source.name == "exact.py", place  # (-1) ** k, of whole numbers
            assert not (isinstance(node, ast.Attribute) and node.attr in INEXACT), place
            if isinstance(node, ast.ImportFrom | ast.Import):
                modules = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
                assert not any(module.startswith("PIL") for module in modules), place
                assert modules[0] not in ("math", "numpy") or INEXACT.isdisjoint(modules), place


def archive_digest(folder: Path, processor: dict[str, str], processes: int = 1) -> str:
    script = folder / "draw.py"
    script.write_text(
        "from pathlib import Path\n"
        "from ferflow.sample import plan_sample, write_archive\n"
        "if __name__ == '__main__':\n"
        f"    plan = plan_sample({FACES}, {SEED})\n"
        f"    write_archive(Path('drawn.zip'), plan, {SEED}, processes={processes})\n"
    )
    environment = os.environ | processor | {"PYTHONPATH": str(SOURCES[0].parents[2])}
    subprocess.run([sys.executable, script.name], cwd=folder, env=environment, check=True)
    return hashlib.sha256((folder / "drawn.zip").read_bytes()).hexdigest()


def test_bytes_are_those_of_any_processor(tmp_path: Path) -> None:
    assert archive_digest(tmp_path, {}) == DIGEST


def test_vector_instructions_do_not_change_the_bytes(tmp_path: Path) -> None:
    code = (
        "import json; from numpy._core import _multiarray_umath as m; "
        "print(json.dumps([name for name in m.__cpu_dispatch__ if m.__cpu_features__.get(name)]))"
    )
    features = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    plain = {
        "NPY_DISABLE_CPU_FEATURES": " ".join(json.loads(features.stdout)),
        "OPENBLAS_CORETYPE": "Prescott" if sys.platform == "linux" and os.uname().machine == "x86_64" else "",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX2_Usable,-FMA_Usable",
    }
    assert archive_digest(tmp_path, {name: value for name, value in plain.items() if value}) == DIGEST


def test_number_of_processes_does_not_change_the_bytes(tmp_path: Path) -> None:
    assert archive_digest(tmp_path, {}, processes=2) == DIGEST
