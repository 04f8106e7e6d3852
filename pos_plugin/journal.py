"""What the agent writes about itself: lines without people, codes or keys."""

import logging
import os
import re
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from pos_plugin.queue_file import PRIVATE_FILE

# Whatever ends up in a line by mistake is blotted out here, as on the server.
BLOTS: Final = (
    (re.compile(r"[BCDEFGHIJKLNOPRSTUVX]{40,}", re.IGNORECASE), "[code]"),
    (re.compile(r"\b\d{1,10}\.[A-Za-z0-9_\-.]{16,}"), "[token]"),
    (re.compile(r"\b[A-Za-z0-9_\-]{40,}"), "[secret]"),
    (re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+\.[A-Za-z]{2,}"), "[mail]"),
)
FILE_BYTES: Final = 500_000
FILES: Final = 3
_FORM: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"


class Blotting(logging.Formatter):
    """Writes a line, its traceback too, without what nobody may read there."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        return blot(super().format(record))


class PrivateFile(RotatingFileHandler):
    """A file that turns over, each part readable by its owner only."""

    def _open(self):  # type: ignore[no-untyped-def] # noqa: ANN202 - as the standard library has it
        os.close(os.open(self.baseFilename, os.O_CREAT | os.O_APPEND | os.O_WRONLY, PRIVATE_FILE))
        return super()._open()


def blot(text: str) -> str:
    """Replace codes, tokens, long secrets and mail addresses in a text."""
    for pattern, instead in BLOTS:
        text = pattern.sub(instead, text)
    return text


def start_journal(file: Path) -> None:
    """Write to standard error and to a file beside the queue; a full disk only ends the lines."""
    logging.raiseExceptions = False
    logger = logging.getLogger("enlaza_till")
    logger.setLevel(logging.INFO)
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    try:
        handlers.append(
            PrivateFile(file, maxBytes=FILE_BYTES, backupCount=FILES, encoding="utf-8", delay=False)
        )
    except OSError as error:
        logger.warning("no log file: %s", error)
    for handler in handlers:
        handler.setFormatter(Blotting(_FORM))
        logger.addHandler(handler)
