"""What comes from others is what was vetted, and asks nobody else for anything."""

import json
import re
from pathlib import Path

from tools.vendor import ROOT, VENDOR, differences


def test_vendored_files_are_what_was_vetted() -> None:
    assert differences() == []


def test_the_package_lock_names_no_address() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    assert "resolved" not in lock
    pinned = json.loads((ROOT / "package.json").read_text())
    versions = {**pinned["dependencies"], **pinned["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())


def test_the_detector_is_told_where_its_own_webassembly_lies() -> None:
    till: Path = ROOT / "app" / "static" / "till" / "js" / "scanner.js"
    assert "locateFile" in till.read_text()
    assert (VENDOR / "barcode-detector" / "zxing_reader.wasm").is_file()
