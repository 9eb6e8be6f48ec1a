"""The documentation site: it builds without a warning, loads nothing from elsewhere, and says what is so."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ENVIRONMENT = os.environ | {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "PYTHONPATH": str(ROOT / "src"),
    "NO_MKDOCS_2_WARNING": "1",
}
#: What a browser fetches by itself when it shows a page.
FETCHED = re.compile(r"<(?:script|img|link|iframe|source)\b[^>]*\b(?:src|href)=\"?((?:https?:)?//[^\s\">]+)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site, built with every warning an error."""
    folder = tmp_path_factory.mktemp("site")
    command = ["mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 25
    assert {page.name: found for page in pages if (found := FETCHED.findall(page.read_text()))} == {}
    assert "@import" not in (site / "docs" / "site_style.css").read_text()


def test_every_page_can_be_searched(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text())
    texts = {entry["location"].partition("#")[0] for entry in index["docs"]}
    assert {
        "",
        "docs/tutorial/",
        "docs/api/",
        "docs/commands/",
        "docs/params-reference/",
        "results/",
    } <= texts


def test_reference_pages_hold_what_they_are_made_of(site: Path) -> None:
    for page, words in {
        "commands": "--on-bad",
        "api": "make_model",
        "params-reference": "weight_decay",
    }.items():
        text = re.sub(r"<[^>]+>", "", (site / "docs" / page / "index.html").read_text())
        assert words in text, page


def test_formulas_and_diagrams_need_no_script(site: Path) -> None:
    page = (site / "docs" / "balanced-accuracy" / "index.html").read_text()
    assert page.count("<math") >= 3
    assert "$$" not in page
    assert "docs/img/stages-" in (site / "index.html").read_text()


def run_script(name: str, *arguments: str) -> str:
    command = [sys.executable, str(DOCS / name), *arguments]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_of_parameters_is_current() -> None:
    program = "import make_params_reference as m; print(m.page(), end='')"
    environment = ENVIRONMENT | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{DOCS}"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert (DOCS / "params-reference.md").read_text() == done.stdout, "run docs/make_params_reference.py"


def test_explanations_state_what_their_command_prints(tmp_path: Path) -> None:
    printed = run_script("make_explanations.py", str(tmp_path))
    for page, figures in {
        "protocols.md": ["0.80 points", "1.5 points"],
        "leaks.md": ["8.0", "66.5%", "16.4"],
        "intervals.md": ["1.6 points", "11.4", "92%", "40%", "93%", "2.0%", "6.5%", "1.4", "2.5%"],
        "balanced-accuracy.md": ["24.5%", "14.3%", "1.5"],
    }.items():
        for figure in figures:
            assert figure in printed
            assert figure in " ".join((DOCS / page).read_text().split()), page
    pictures = list(tmp_path.glob("*.png"))
    assert pictures
    for picture in pictures:
        assert Image.open(picture).size == Image.open(DOCS / "img" / picture.name).size


def test_the_tutorial_runs_and_gives_what_it_shows() -> None:
    run_script("make_tutorial.py", "--check")
