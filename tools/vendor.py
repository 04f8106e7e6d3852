"""Copies what the pages use out of `node_modules` into the repository, with checksums.

`npm ci --ignore-scripts && python -m tools.vendor` renews the copies. `python -m tools.vendor
--check` needs no Node and says whether the copies are what was vetted.
"""

import argparse
import hashlib
import re
import shutil
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
MODULES: Final = ROOT / "node_modules"
VENDOR: Final = ROOT / "app" / "static" / "vendor"
TEST_VENDOR: Final = ROOT / "tests" / "browser" / "vendor"
SUMS: Final = VENDOR / "sha256.txt"
ICONS: Final = ROOT / "app" / "static" / "icons.svg"
ICON_NAMES: Final = ROOT / "tools" / "icons.txt"

# From node_modules → to app/static/vendor.
COPIES: Final = {
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap/bootstrap.min.css",
    "bootstrap/LICENSE": "bootstrap/LICENSE",
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "htmx.org/LICENSE": "htmx/LICENSE",
    "chart.js/dist/chart.umd.min.js": "chart.js/chart.umd.min.js",
    "chart.js/LICENSE.md": "chart.js/LICENSE.md",
    "barcode-detector/dist/es/index.js": "barcode-detector/index.js",
    "barcode-detector/dist/es/polyfill.js": "barcode-detector/polyfill.js",
    "barcode-detector/dist/es/ponyfill.js": "barcode-detector/ponyfill.js",
    "barcode-detector/dist/es/zxing-exported.js": "barcode-detector/zxing-exported.js",
    "barcode-detector/LICENSE": "barcode-detector/LICENSE",
    # The detector's own glue was built with this very version; another one crashes in memory.
    "zxing-wasm/dist/reader/zxing_reader.wasm": "barcode-detector/zxing_reader.wasm",
    "zxing-wasm/LICENSE": "barcode-detector/LICENSE.zxing-wasm",
    "idb/build/index.js": "idb/index.js",
    "idb/LICENSE": "idb/LICENSE",
    "bootstrap-icons/LICENSE": "bootstrap-icons/LICENSE",
}
TEST_COPIES: Final = {
    "axe-core/axe.min.js": "axe.min.js",
    "axe-core/LICENSE": "LICENSE.axe-core",
}
# A line that names a source map would make browsers ask for a file that is not there.
SOURCE_MAP = re.compile(rb"\n?(//|/\*)# sourceMappingURL=[^\n]*")


def copy_all() -> None:
    """Copy every file, draw the sprite, and write the checksums."""
    for folder, copies in ((VENDOR, COPIES), (TEST_VENDOR, TEST_COPIES)):
        for source, target in copies.items():
            to = folder / target
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(MODULES / source, to)
            if to.suffix in {".js", ".mjs", ".css"}:
                to.write_bytes(SOURCE_MAP.sub(b"", to.read_bytes()))
    ICONS.write_text(sprite(), encoding="utf-8")
    SUMS.write_text("".join(f"{digest}  {name}\n" for name, digest in sums()), encoding="ascii")


def sprite() -> str:
    """Draw one SVG that holds every icon the pages name."""
    symbols = []
    for name in ICON_NAMES.read_text(encoding="ascii").split():
        svg = (MODULES / "bootstrap-icons" / "icons" / f"{name}.svg").read_text(encoding="utf-8")
        inside = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
        assert inside, f"{name} is not an icon"
        drawn = re.sub(r"\s*\n\s*", "", inside.group(1))
        symbols.append(f'<symbol id="{name}" viewBox="0 0 16 16">{drawn}</symbol>\n')
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{"".join(symbols)}</svg>\n'


def sums() -> list[tuple[str, str]]:
    """List the vendored files, each with its SHA-256."""
    paths = [*VENDOR.rglob("*"), *TEST_VENDOR.rglob("*"), ICONS]
    files = sorted(path for path in paths if path.is_file() and path != SUMS)
    return [
        (path.relative_to(ROOT).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in files
    ]


def differences() -> list[str]:
    """Say which files are not what was vetted."""
    lines = [line.split(maxsplit=1) for line in SUMS.read_text(encoding="ascii").splitlines()]
    vetted = {name: digest for digest, name in lines}
    found = dict(sums())
    return [
        f"{name}: vetted {vetted.get(name, 'never')}, found {found.get(name, 'nothing')}"
        for name in sorted(vetted.keys() | found.keys())
        if vetted.get(name) != found.get(name)
    ]


def main() -> int:
    """Copy, or check; exit code 1 when a file differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare, without Node")
    if not parser.parse_args().check:
        copy_all()
        return 0
    wrong = differences()
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
