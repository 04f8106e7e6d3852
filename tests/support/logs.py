"""What the service writes about itself, as an operator would see it."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from app.logs import configure_logs
from app.settings import Settings


@contextmanager
def what_is_logged() -> Iterator[io.StringIO]:
    """Collect everything that is logged in the block, down to the debugging."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    configure_logs(Settings(demo=True, log_format="json", log_level="debug"))
    stream = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    root.handlers, root.level = before, level
    structlog.reset_defaults()
