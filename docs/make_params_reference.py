"""Write docs/params-reference.md from the schema of params.yaml: `python docs/make_params_reference.py`."""

import json
from pathlib import Path
from typing import Any

from ferflow.files import write_text
from ferflow.params.json_schema import params_schema

PAGE = Path(__file__).parent / "params-reference.md"
_HEAD = """# params.yaml

All settings, from the schema with which ferflow checks them. (`python docs/make_params_reference.py` writes
this page, `ferflow schema` the [schema](params.schema.json).) A key without a default must be in the file.
Any other key is refused, with the nearest valid one named.

The first line of `params.yaml` names the schema. Editors with a YAML language server (VS Code's YAML
extension, Neovim, Helix, Emacs) then complete keys, show what they mean and mark mistakes. Only ferflow
itself can check that `run` names experiments and `explain` networks.

If [other packages](extending.md) add models or remedies, run `ferflow schema --out own.schema.json` where
they are installed, and name that file in the first line.
"""


_SCHEMA = params_schema()
_DEFS: dict[str, dict[str, Any]] = _SCHEMA["$defs"]


def page() -> str:
    """Write the page.

    Returns
    -------
    str
        Markdown.
    """
    sections = {"params.yaml as a whole": _SCHEMA} | _DEFS
    return "\n".join(
        [_HEAD, *(line for name, section in sections.items() for line in _section(name, section))]
    )


def _section(name: str, section: dict[str, Any]) -> list[str]:
    rows = [
        f"| `{key}` | {_kind(value)} | {_default(key, value, section)} | {_code(_meaning(value))} |"
        for key, value in section["properties"].items()
    ]
    return [
        f"## {name}\n",
        _code(section["description"]) + "\n",
        "| key | type | default | meaning |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
    ]


def _kind(value: dict[str, Any]) -> str:
    """Say in a few words what a value may be."""
    for choice in ("oneOf", "anyOf"):
        if choice in value:
            return " or ".join(_kind(each) for each in value[choice])
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in value or "enum" in value:
        return ", ".join(f"`{name}`" for name in value.get("enum", [value.get("const")]))
    named = value.get("patternProperties", {"": value.get("additionalProperties")})
    if value["type"] == "object":
        return "by name: " + " or ".join(_kind(inner) for inner in named.values())
    words = {"array": f"list of {_kind(value['items'])}" if "items" in value else "list", "null": "empty"}
    return str(words.get(value["type"], value["type"] + _bounds(value)))


def _bounds(value: dict[str, Any]) -> str:
    words = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {value[key]:,}" for key, sign in words.items() if key in value]
    return f" {', '.join(bounds)}" if bounds else ""


def _default(key: str, value: dict[str, Any], section: dict[str, Any]) -> str:
    if key in section.get("required", []):
        return "-"
    default = value.get("default")
    if isinstance(default, dict):
        return f"`{default['name']}`" if "name" in default else "its own defaults"
    return "empty" if default is None else f"`{json.dumps(default).strip(chr(34))}`"


def _meaning(value: dict[str, Any]) -> str:
    """Take a key's description; pydantic leaves it out where it is that of the section itself."""
    section = _DEFS.get(value.get("$ref", "").rpartition("/")[2], {})
    return str(value.get("description", section.get("description", "")))


def _code(text: str) -> str:
    """Write names as Markdown does: ``x`` as `x`, a cross-reference as its target."""
    text = text.replace("``", "`")
    for role in (":class:", ":mod:", ":func:"):
        text = text.replace(role, "")
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    write_text(PAGE, page())
