"""The system's Chromium for every browser test; loud about what cannot be tried here."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.browser.support import NEVER_MS
from tests.support.days import wait_past_midnight
from tests.support.sizes import REQUIRE_ALL

# Pages of the browser's own bar that no test sees: one more program for every window, and half
# of what opening one took.
UNSEEN = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"]
# Chromium hears only the last list, so what Playwright switches off is said again.
SWITCHED_OFF = [
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
]
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--no-first-run",
    f"--disable-features={','.join(SWITCHED_OFF + UNSEEN)}",
]

# Far longer than any test takes on a busy machine.
STUCK_S = 600

# A condition is waited for as long as a busy machine may need; how fast it came is not asked here.
expect.set_options(timeout=NEVER_MS)


def pytest_itemcollected(item: pytest.Item) -> None:
    """End a test whose browser never answers: not each question to it has a deadline."""
    item.add_marker(pytest.mark.timeout(STUCK_S, method="thread"))


@pytest.fixture(autouse=True)
def one_day() -> None:
    """Let no day end in the middle of a test."""
    wait_past_midnight()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Find the system's Chromium; without one the browser tests are skipped, or fail in CI."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name)
        if found:
            return found
    if REQUIRE_ALL:
        pytest.fail("the pages must be tested in Chromium here, and there is none")
    pytest.skip("NOT TESTED IN A BROWSER: there is no Chromium on this machine")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
    yield launched
    launched.close()
