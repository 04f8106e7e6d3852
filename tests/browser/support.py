"""What every page is held to: WCAG 2.2 AA by axe, and no sideways scrolling."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

AXE: Final = Path(__file__).parent / "vendor" / "axe.min.js"
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROWEST_PX: Final = 320


def axe_faults(page: Page, *, but: tuple[str, ...] = ()) -> list[str]:
    """Name what axe finds against WCAG 2.2 AA on a page, each with its place.

    `but` are rules that this one state of the page cannot be held to.
    """
    page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {
        "runOnly": {"type": "tag", "values": TAGS},
        "rules": {rule: {"enabled": False} for rule in but},
    }
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{fault['id']} at {node['target']}: {node.get('failureSummary', '')}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def sideways_px(page: Page) -> int:
    """Measure how far a page is wider than its window."""
    wider: int = page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wider
