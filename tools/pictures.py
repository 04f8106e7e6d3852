"""Takes the screenshots of `docs/guide/pictures` from a demo made for it.

Each page on a phone and a tablet, light and dark, Spanish and English, those of orders on the
screen they are made for; kept small as WebP.
Needs Chromium.
"""

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, sync_playwright

ROOT: Final = Path(__file__).parents[1]
PICTURES: Final = ROOT / "docs" / "guide" / "pictures"
SCREENS: Final = {"phone": (390, 844), "tablet": (1180, 820)}
QUALITY: Final = 55
START_S_MAX: Final = 60
LIST: Final[FilePayload] = {
    "name": "lista.csv",
    "mimeType": "text/csv",
    "buffer": (
        b"Referencia;Nombre;Precio;IVA;Existencias\r\n"
        b"PAN-1;Barra de pan;1,20;4;60\r\n"
        b"PAN-9;Pan de nueces;3,40;4;8\r\n"
        b"PAN-10;Pan de higos;;4;6\r\n"
    ),
}


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is taken: screen, color scheme, language."""

    screen: str
    scheme: str
    language: str

    @property
    def name(self) -> str:
        """Name the look for a file."""
        return f"{self.screen}-{self.scheme}-{self.language}"


LOOKS: Final = tuple(
    Look(screen, scheme, language)
    for screen in SCREENS
    for scheme in ("light", "dark")
    for language in ("es", "en")
)


@contextmanager
def served_demo() -> Iterator[dict[str, Any]]:
    """Serve a fresh demo on a free port; ends with the block."""
    home = tempfile.mkdtemp(prefix="enlaza-pictures-")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {**os.environ, "ENLAZA_HOME": home, "PORT": str(port)}
    command = [sys.executable, "-c", "from app.cli import main; main()"]
    server = subprocess.Popen([*command, "serve", "--demo"], env=environ, cwd=ROOT)
    try:
        _wait(f"http://127.0.0.1:{port}/healthz")
        told = subprocess.run(
            [*command, "demo", "--json"], env=environ, cwd=ROOT, capture_output=True, check=True
        )
        yield json.loads(told.stdout)
    finally:
        server.terminate()
        server.wait(timeout=20)
        shutil.rmtree(home)


def _wait(address: str) -> None:
    deadline = time.monotonic() + START_S_MAX
    while True:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def take_all(folder: Path) -> None:
    """Take every picture in every look."""
    folder.mkdir(parents=True, exist_ok=True)
    with served_demo() as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        shopper = _join(browser, demo)
        till = _pair(browser, demo)
        owner = _sign_in(browser, demo)
        for look in LOOKS:
            for take, state in ((take_shopper, shopper), (take_till, till), (take_owner, owner)):
                _take(take, browser, demo, look, state, folder)
        for take, state, screen in ((take_ordering, None, "phone"), (take_orders, owner, "tablet")):
            for language in ("es", "en"):
                _take(take, browser, demo, Look(screen, "light", language), state, folder)
        browser.close()


def _take(
    take: Callable[[BrowserContext, dict[str, Any], Look, Path], None],
    browser: Browser,
    demo: dict[str, Any],
    look: Look,
    state: Any,  # noqa: ANN401
    folder: Path,
) -> None:
    context = _context(browser, look, state)
    take(context, demo, look, folder)
    context.close()


def take_shopper(context: BrowserContext, demo: dict[str, Any], look: Look, folder: Path) -> None:
    """Take the shopper's pages."""
    base = demo["base_url"]
    page = context.new_page()
    for name, path in (
        ("card", "/card"),
        ("history", "/card/history"),
        ("privacy", "/card/privacy"),
        ("welcome", "/card/welcome"),
        ("save", "/S/HORNO/save"),
    ):
        page.goto(base + path)
        page.wait_for_timeout(700)
        keep(page, folder / f"{name}-{look.name}.webp")
    stranger = context.browser.new_context(**_options(look)) if context.browser else context
    outside = stranger.new_page()
    outside.goto(f"{base}/S/HORNO")
    keep(outside, folder / f"join-{look.name}.webp")
    outside.goto(f"{base}/")
    outside.wait_for_timeout(1500)
    keep(outside, folder / f"start-{look.name}.webp")
    stranger.close()


def take_till(context: BrowserContext, demo: dict[str, Any], look: Look, folder: Path) -> None:
    """Take the till: idle, a known card, a refused one."""
    page = context.new_page()
    page.goto(demo["base_url"] + "/till")
    page.wait_for_timeout(1200)
    keep(page, folder / f"till-idle-{look.name}.webp")
    page.keyboard.type(demo["code"], delay=1)
    page.keyboard.press("Enter")
    page.wait_for_timeout(1200)
    page.keyboard.type("2460")
    page.wait_for_timeout(200)
    keep(page, folder / f"till-{look.name}.webp")
    page.keyboard.press("Escape")
    page.keyboard.type(demo["code"][:-1] + ("B" if demo["code"][-1] != "B" else "C"), delay=1)
    page.keyboard.press("Enter")
    page.wait_for_timeout(1200)
    keep(page, folder / f"till-refused-{look.name}.webp")


def take_owner(context: BrowserContext, demo: dict[str, Any], look: Look, folder: Path) -> None:
    """Take the owner's pages."""
    base = demo["base_url"]
    page = context.new_page()
    for name, path in (
        ("owner", "/admin"),
        ("people", "/admin/people"),
        ("notes", "/admin/notes"),
        ("team", "/admin/team"),
        ("cards", "/admin/cards"),
        ("points", "/admin/points"),
        ("rewards", "/admin/points/rewards"),
    ):
        page.goto(base + path)
        page.wait_for_timeout(500)
        keep(page, folder / f"{name}-{look.name}.webp")
    page.goto(f"{base}/admin/people?q=Luc%C3%ADa")
    page.locator("main a[href*='/admin/people/']").first.click()
    page.wait_for_timeout(500)
    keep(page, folder / f"person-{look.name}.webp")


def take_ordering(context: BrowserContext, demo: dict[str, Any], look: Look, folder: Path) -> None:
    """Take what somebody without a card sees until they have ordered."""
    base = demo["base_url"]
    page = context.new_page()
    page.goto(f"{base}/S/HORNO/shop")
    page.locator("button[name=step][value=more]").first.click()
    page.locator("a[href$='/cart']").first.wait_for()
    keep(page, folder / f"shop-{look.name}.webp")
    page.goto(f"{base}/S/HORNO/cart")
    keep(page, folder / f"cart-{look.name}.webp")
    page.fill("[name=name]", "Noelia Prado")
    page.fill("[name=email]", "noelia@example.org")
    page.locator("#checkout button.btn-primary, button.btn-primary[form=checkout]").last.click()
    page.wait_for_url("**/order/**")
    keep(page, folder / f"order-{look.name}.webp")


def take_orders(context: BrowserContext, demo: dict[str, Any], look: Look, folder: Path) -> None:
    """Take the board, the list that is brought, the hours and the networks."""
    base = demo["base_url"]
    page = context.new_page()
    for name in ("networks", "pickup"):
        page.goto(f"{base}/admin/{name}")
        keep(page, folder / f"{name}-{look.name}.webp")
    page.goto(f"{base}/admin/orders")
    page.locator("main form button.btn-primary").first.click()
    page.wait_for_timeout(1500)
    keep(page, folder / f"board-{look.name}.webp")
    page.goto(f"{base}/admin/products")
    page.goto(f"{page.url}/import")
    page.set_input_files("input[type=file]", LIST)
    page.locator("main form .btn-primary").click()
    page.locator("#slips").wait_for()
    keep(page, folder / f"import-{look.name}.webp")


def keep(page: Page, path: Path) -> None:
    """Keep a screenshot of the whole page, small."""
    taken = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    taken.convert("RGB").save(path, quality=QUALITY, method=6)


def _options(look: Look) -> dict[str, Any]:
    width, height = SCREENS[look.screen]
    return {
        "viewport": {"width": width, "height": height},
        "color_scheme": look.scheme,
        "locale": {"es": "es-ES", "en": "en-GB"}[look.language],
        "service_workers": "block",
    }


def _context(browser: Browser, look: Look, state: Any) -> BrowserContext:  # noqa: ANN401  Playwright's own
    return browser.new_context(storage_state=state, **_options(look))


def _join(browser: Browser, demo: dict[str, Any]) -> Any:  # noqa: ANN401
    """Get a card and buy three times with it."""
    context = browser.new_context(locale="es-ES")
    page = context.new_page()
    page.goto(f"{demo['base_url']}/S/HORNO?utm_source=instagram&utm_medium=social")
    page.locator("main form button[type=submit]").first.click()
    page.locator("input[name=web_visits]").check()
    page.locator("main form button[type=submit]").first.click()
    demo["code"] = page.locator("[data-code-text]").first.get_attribute("data-code-text")
    for number, minor in enumerate((2630, 12840, 1240)):
        _sell(demo, f"pictures-{number}", minor)
    return _state_of(context)


def _sell(demo: dict[str, Any], sale_id: str, minor: int) -> None:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    body = {
        "sale_id": f"{sale_id}-{time.time_ns()}",
        "total_minor": minor,
        "currency": "EUR",
        "sold_at": now,
        "code": demo["code"],
        "scanned_at": now,
    }
    request = urllib.request.Request(
        f"{demo['base_url']}/api/v1/sales",
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {demo['till_key']}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=10):
        pass


def _pair(browser: Browser, demo: dict[str, Any]) -> Any:  # noqa: ANN401
    context = browser.new_context(locale="es-ES", service_workers="block")
    page = context.new_page()
    page.goto(f"{demo['base_url']}/till")
    page.locator("#pair-code").fill(demo["till_pairing_code"])
    page.keyboard.press("Enter")
    # With one cashier in the store the till asks for the PIN at once.
    page.locator("#pin").fill(demo["cashier_pin"])
    page.keyboard.press("Enter")
    page.locator("#scan-title").wait_for()
    return _state_of(context)


def _sign_in(browser: Browser, demo: dict[str, Any]) -> Any:  # noqa: ANN401
    context = browser.new_context(locale="es-ES")
    page = context.new_page()
    page.goto(demo["owner_sign_in_link"])
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/admin")
    return _state_of(context)


def _state_of(context: BrowserContext) -> Any:  # noqa: ANN401
    state = context.storage_state()
    context.close()
    return state


if __name__ == "__main__":
    take_all(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)
