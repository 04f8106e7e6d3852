"""The till's own reading of codes against the server's: gate C, and every odd text we know.

The modules are served from the folder they live in; no service and no timers are needed.
"""

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from bench.scan_gate import LONG_URL, SHORT_URL, code_text
from bench.wedge import BY_POSITION_ONLY, Keystroke, scan, surviving_layouts
from loyalty.codes.issue import card_address
from loyalty.wire.codes import ALPHABET, TEXT_LENGTH, read_letters, read_text

SCRIPTS = Path(__file__).parents[3] / "app" / "static" / "till" / "js"
HERE = "http://till.test"
pytestmark = pytest.mark.browser

LOAD = f"""async () => {{
  Object.assign(window, await import("{HERE}/code.js"), await import("{HERE}/wedge.js"));
}}"""
# The strokes as `listen` hands them on, and whether the last one makes the code whole.
WEDGE = """scans => scans.map(scan => {
  const strokes = new Strokes();
  let at = 1000;
  for (const [code, key, wait] of scan) {
    at += wait;
    const place = usCharacter(code);
    strokes.add({ character: (key.length === 1 ? key : "") || place, place, at });
  }
  return strokes.isScan(false) ? strokes.take(at, "").text : null;
})"""
READ = "texts => texts.map(text => [readText(text), readLetters(text)])"


@pytest.fixture
def reader(browser: Browser) -> Iterator[Page]:
    """A blank page that has loaded the till's reading modules."""

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(f"{HERE}/")
        if name:
            route.fulfill(path=SCRIPTS / name, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>.</title>", content_type="text/html")

    page = browser.new_page()
    page.route(f"{HERE}/**", answer)
    page.goto(f"{HERE}/")
    page.evaluate(LOAD)
    yield page
    page.close()


def told(strokes: tuple[Keystroke, ...]) -> list[tuple[str, str, int]]:
    return [(stroke.code, stroke.key, stroke.wait_ms) for stroke in strokes]


def test_gate_c_in_the_till_every_layout_with_and_without_caps_lock(reader: Page) -> None:
    text = code_text(1)
    waits = random.Random(1)
    cases = list(
        itertools.product(
            surviving_layouts() + BY_POSITION_ONLY,
            (False, True),
            (text, card_address(SHORT_URL, text), card_address(LONG_URL, text)),
        )
    )
    scans = [
        told(scan(scanned, layout=layout, caps=caps, suffix="", waits=waits))
        for layout, caps, scanned in cases
    ]
    found = reader.evaluate(WEDGE, scans)
    misread = [case[:2] for case, read in zip(cases, found, strict=True) if read != text]
    assert misread == []


def odd_texts() -> list[str]:
    rng = random.Random(2)
    text = code_text(2)
    noise = [*ALPHABET.lower(), "\u0131", "\u0130", "ß", "\u017f", "\u212a", "é", "😀", "A", "9"]
    noise += [" ", "\n", "\t", "\u00a0", "\u200b", "\ufeff", "\x02", "-", "–", "−", ".", "_", "/"]
    texts = ["", text, text.lower(), text + text, "X" * TEXT_LENGTH, text[1:], "8410376026962"]
    texts += ["BCDE-FGHI", "bcde fghi", "BCDE–FGHI", "BCDEFGH\u0131", "BCDEFGHA", "BC.DE.FG.HI"]
    for _ in range(600):
        letters = list(rng.choice([text, f"HTTPS://SOL.EXAMPLE/Q/{text}", "BCDEFGHI"]))
        for _ in range(rng.randint(0, 4)):
            place = rng.randrange(len(letters))
            letters[place : place + rng.randint(0, 1)] = rng.choice(noise)
        texts.append("".join(letters))
    texts += ["".join(rng.choices(ALPHABET, k=rng.randint(150, 158))) for _ in range(200)]
    return texts


def test_till_and_server_read_every_text_alike(reader: Page) -> None:
    texts = odd_texts()
    found = reader.evaluate(READ, texts)
    differ = [
        json.dumps(text)
        for text, (whole, letters) in zip(texts, found, strict=True)
        if (whole, letters) != (read_text(text), read_letters(text))
    ]
    assert differ == []
    assert sum(whole is not None for whole, _ in found) > 100
