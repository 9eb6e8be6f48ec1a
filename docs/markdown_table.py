"""What the pages that the scripts of this folder write have in common."""


def table(head: list[str], rows: list[list[str]]) -> str:
    """Lay out a Markdown table."""
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])
