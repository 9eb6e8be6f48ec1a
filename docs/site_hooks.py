"""What MkDocs calls as it builds the site: which files are pages, and what browsers cannot show."""

import html
import re
from pathlib import Path
from typing import Any

import nbformat
from latex2mathml.converter import convert
from make_diagrams import BLOCK, svg_of
from mkdocs.structure.files import File, Files
from nbconvert import MarkdownExporter

ROOT = Path(__file__).parents[1]
_PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "params.yaml")
_FOLDERS = {
    "docs": ("*.md", "img/*.png", "img/*.svg", "*.ipynb", "*.json", "*.csv", "*.yaml", "*.py", "*.css"),
    "benchmarks": ("*.md", "*.png"),
    "results": ("README.md",),
    "src/ferflow": ("networks/*.md", "demo/static/icon.svg"),
}
_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)


def on_files(files: Files, config: Any) -> Files:
    """Take the files from where they stand in the repository, so that links hold there and here."""
    for file in [file for file in files if file.src_dir == config.docs_dir]:
        files.remove(file)
    names = [ROOT / name for name in _PAGES]
    names += [
        path for folder, kinds in _FOLDERS.items() for kind in kinds for path in (ROOT / folder).glob(kind)
    ]
    for path in sorted(names):
        name = path.relative_to(ROOT).as_posix()
        files.append(File(name, str(ROOT), config.site_dir, config.use_directory_urls))
    for name, content in _tutorial().items():
        files.append(File.generated(config, name, content=content))
    return files


def _tutorial() -> dict[str, str | bytes]:
    """Turn the notebook into a page and its pictures."""
    notebook = nbformat.read(ROOT / "docs" / "tutorial.ipynb", as_version=4)
    body, resources = MarkdownExporter().from_notebook_node(notebook)
    body = re.sub(r"<style scoped>.*?</style>", "", body, flags=re.DOTALL)
    pictures = {f"docs/{name}": data for name, data in resources["outputs"].items()}
    return {"docs/tutorial.md": body, **pictures}


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Put drawings in the place of diagrams, and let GitHub's formulas be formulas."""
    depth = page.file.src_uri.count("/")
    return BLOCK.sub(lambda block: f"![The stages]({'../' * depth}docs/img/{svg_of(block[1])})", markdown)


def on_page_content(content: str, **_: Any) -> str:
    """Write formulas as MathML, which browsers draw without a script."""
    return _FORMULA.sub(_mathml, content)


def _mathml(match: re.Match[str]) -> str:
    return str(convert(html.unescape(match[2]), display="block" if match[1] == "div" else "inline"))
