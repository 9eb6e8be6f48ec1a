"""What axe-core says of a page."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page


def serious(page: "Page") -> list[str]:
    """List the violations of serious or critical impact, each with an example."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-playwright-python")
    return [
        f"{violation['id']}: {violation['nodes'][0]['html'][:200]}"
        for violation in axe.Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
