"""The committed shell is what its sources say."""

from app.pages.till import current_version, shell_parts
from app.pages.till_shell import stale_files


def test_the_committed_shell_is_current() -> None:
    assert stale_files() == [], "run: python -m app.pages.till_shell"


def test_the_worker_keeps_all_that_the_shell_needs() -> None:
    parts = shell_parts()
    for needed in ("js/main.js", "js/words.es.js", "js/words.en.js", "views.css"):
        assert f"/static/till/{needed}" in parts
    assert any(part.endswith(".wasm") for part in parts)
    assert len(current_version()) == 16
