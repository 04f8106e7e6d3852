"""Decisions are numbered, short, and every mention of one leads somewhere."""

import re

from tests.support.house import ROOT, relative, tracked_files

DECISIONS = ROOT / "docs" / "decisions"
LINES_MAX = 40


def test_decisions_are_numbered_without_a_gap_and_fit_a_page() -> None:
    pages = sorted(DECISIONS.glob("[0-9]*.md"))
    assert [page.name[:4] for page in pages] == [f"{n:04d}" for n in range(1, len(pages) + 1)]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {page.name[:4]} · "), page.name
        assert len(text.splitlines()) <= LINES_MAX, page.name
        assert "**Decision" in text, page.name


def test_a_mentioned_decision_exists() -> None:
    missing = [
        f"{relative(path)}: {name}"
        for path in tracked_files()
        if path.suffix in {".py", ".md", ".html", ".js", ".css"}
        for name in re.findall(r"decisions/([\w-]+\.md)", path.read_text(encoding="utf-8"))
        if not (DECISIONS / name).is_file()
    ]
    assert missing == []
