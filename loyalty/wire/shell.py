"""The till page's files: how their common version is named, alike on the service and at a counter.

Whoever copies the page reckons the version again from the bytes that arrived, so a copy that was
cut, mixed of two releases or written by somebody else is never opened.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

# The worker leads with this and the list of files, {"version", "files"}, on its first line.
LIST_PREFIX: Final = "const SHELL = "
WORKER: Final = "/till/sw.js"


def shell_version(files: Iterable[tuple[str, bytes]]) -> str:
    """Name the state of all files of the page, by address; another byte is another version.

    The worker counts without its first line, which carries the version itself.
    """
    digest = hashlib.sha256()
    for address, body in sorted(files):
        digest.update(f"{address}\0{len(body)}\0".encode() + body)
    return digest.hexdigest()[:16]
