"""The top of the house holds what the plan says, and no file tells where it was made."""

from pathlib import Path

from tests.support.house import ROOT, relative, tracked_files

# Written in pieces, so that this file does not hold what it looks for.
PLACES = tuple(
    "".join(parts) for parts in (("/wo", "rk/"), ("/tm", "p/w/"), ("/opt/", "pypi"), ("/ro", "ot/"))
)
BESIDE = f"../{'shared'}"
REGISTRIES = tuple(
    "".join(parts)
    for parts in (
        ("pypi", ".org"),
        ("python", "hosted.org"),
        ("registry.", "npmjs.org"),
        ("registry.", "yarnpkg.com"),
        ("proxy.", "golang.org"),
        ("crates", ".io"),
        ("index", "-url"),
    )
)
BYTES_MAX = 3_000_000


def holding(words: tuple[str, ...], files: list[Path]) -> dict[str, list[str]]:
    """Say which files hold which of these words."""
    found = {}
    for path in files:
        content = path.read_bytes()
        words_here = [word for word in words if word.encode() in content]
        if words_here:
            found[relative(path)] = words_here
    return found


def test_the_domain_package_says_nothing_at_import() -> None:
    assert (ROOT / "loyalty" / "__init__.py").read_text() == ""


def test_no_file_tells_the_machine_it_was_made_on() -> None:
    ours = [path for path in tracked_files() if "/vendor/" not in relative(path)]
    assert holding(PLACES, ours) == {}
    # A test that reads what lies beside the repository skips where it does not.
    assert holding((BESIDE,), [p for p in ours if not relative(p).startswith("tests/")]) == {}


def test_no_file_names_where_packages_came_from() -> None:
    assert holding(REGISTRIES, list(tracked_files())) == {}


def test_what_is_kept_is_small() -> None:
    sizes = {relative(path): path.stat().st_size for path in tracked_files()}
    assert {name: size for name, size in sizes.items() if size > BYTES_MAX} == {}
