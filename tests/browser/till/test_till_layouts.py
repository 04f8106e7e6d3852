"""Gate C at the till itself: every layout, caps lock, pace and suffix, by the page's modules."""

import random
from dataclasses import asdict
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from bench.wedge import SUFFIXES, layouts, scan
from tests.browser.till.support import Shop

pytestmark = pytest.mark.browser

# Plays keystrokes into the page's own listener, each scanner beside the others.
PLAY = """async (scans) => {
  const {listen} = await import("/static/till/js/wedge.js");
  const {readText} = await import("/static/till/js/code.js");
  const play = (strokes) => new Promise((resolve) => {
    let press = null;
    const pressed = [];
    const stop = listen(
      {addEventListener: (name, act) => { press = act; }, removeEventListener: () => {}},
      {
        onScan: (scan) => { stop(); resolve({text: readText(scan.text), pressed}); },
        onKey: (key) => { pressed.push(key); return false; },
        onLetter: (letter) => pressed.push(letter),
      });
    let at = performance.now() - strokes.reduce((sum, one) => sum + one.wait_ms, 0);
    for (const {key, code, wait_ms: wait} of strokes) {
      at += wait;
      press({key: key === "\\u2400" ? "Unidentified" : key, code, timeStamp: at, target: null,
        repeat: false, preventDefault: () => {}, stopImmediatePropagation: () => {}});
    }
    setTimeout(() => { stop(); resolve({text: null, pressed}); }, 4000);
  });
  return Promise.all(scans.map(play));
}"""


def test_every_layout_is_read_at_every_pace(context: BrowserContext, shop: Shop) -> None:
    page = context.new_page()
    page.goto("/till/shell/es")
    code = shop.join().code.text
    waits = random.Random(7)
    cases = [
        (layout, caps, suffix, form)
        for layout in layouts()
        for caps in (False, True)
        for suffix in SUFFIXES
        for form in (code, f"HTTPS://SHOP.EXAMPLE/Q/{code}")
    ]
    played: list[dict[str, Any]] = page.evaluate(
        PLAY,
        [
            [
                asdict(stroke)
                for stroke in scan(form, layout=lay, caps=caps, suffix=end, waits=waits)
            ]
            for lay, caps, end, form in cases
        ],
    )
    wrong = [case[:3] for case, told in zip(cases, played, strict=True) if told["text"] != code]
    assert wrong == []
    letters_pressed = [told["pressed"] for told in played if set(told["pressed"]) & {"Enter", "C"}]
    assert letters_pressed == []
