"""What every page is held to: WCAG 2.2 AA by axe, and no sideways scrolling."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Locator, Page

AXE: Final = Path(__file__).parent / "vendor" / "axe.min.js"
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROWEST_PX: Final = 320
# As long as anything may take on a machine that has much else to do.
NEVER_MS: Final = 30_000
TRY_MS: Final = 100
# A page is judged when it is settled, not in the middle of a change of colors.
JUDGE: Final = """async (options) => {
  await Promise.all(document.getAnimations()
    .filter((each) => each.effect.getComputedTiming().endTime < 1000)
    // One that is called off is settled too.
    .map((each) => each.finished.catch(() => {})));
  return (await axe.run(document, options)).violations;
}"""


def axe_faults(page: Page, *, but: tuple[str, ...] = ()) -> list[str]:
    """Name what axe finds against WCAG 2.2 AA on a page, each with its place.

    `but` are rules that this one state of the page cannot be held to.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {
        "runOnly": {"type": "tag", "values": TAGS},
        "rules": {rule: {"enabled": False} for rule in but},
        # Of what is right only one example each is worked out.
        "resultTypes": ["violations"],
    }
    found = page.evaluate(JUDGE, options)
    return [
        f"{fault['id']} at {node['target']}: {node.get('failureSummary', '')}"
        for fault in found
        for node in fault["nodes"]
    ]


def sideways_px(page: Page) -> int:
    """Measure how far a page is wider than its window."""
    wider: int = page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wider


def sideways_at(page: Page, *, width_px: int, height_px: int) -> int:
    """Measure the same in another window: how far the page is wider than it.

    What Chromium remembers of a larger window is no fault of the page: one that seems too wide
    is opened anew in the window before it is judged.
    """
    page.set_viewport_size({"width": width_px, "height": height_px})
    wait_until(page, "(width) => window.innerWidth === width", width_px)
    if sideways_px(page):
        page.reload()
    return sideways_px(page)


def wait_until(page: Page, said: str, arg: object = None) -> None:
    """Wait until a script says yes, also one that has to wait for its own answer.

    `page.wait_for_function` takes the promise of such a script for a yes.
    """
    for _try in range(NEVER_MS // TRY_MS):
        if page.evaluate(said, arg):
            return
        page.wait_for_timeout(TRY_MS)
    raise AssertionError(said)


def follow(page: Page, button: Locator) -> None:
    """Press a button that leads to another page, and be there."""
    with page.expect_navigation():
        button.click()
