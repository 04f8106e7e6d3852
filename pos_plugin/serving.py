"""Serves the page and the till API on this machine only, until it is told to stop."""

import logging
import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Final

from waitress.server import create_server

from pos_plugin.agent import Agent
from pos_plugin.gateway import SERVER_OPTIONS, make_app
from pos_plugin.home import write_json

log = logging.getLogger("enlaza_till")

THREADS: Final = 12


class PortTakenError(Exception):
    """Somebody else has the port."""


def serve(agent: Agent, *, port: int, tell: Callable[[int], None]) -> None:
    """Serve until a signal ends it; `tell` hears the port once somebody can connect.

    Errors: `PortTakenError`.
    """
    try:
        server = create_server(
            make_app(agent),
            port=port,
            threads=THREADS,
            ident="enlaza-till",
            **SERVER_OPTIONS,
        )
    except OSError as error:
        raise PortTakenError(port) from error
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _end)
    agent.start()
    real_port = int(server.effective_port)
    serving = {"pid": os.getpid(), "port": real_port, "version": agent.version}
    try:
        write_json(agent.home.serving_file, serving)
    except OSError as error:
        log.warning("where it serves was not written down (%s)", error)
    tell(real_port)
    try:
        server.run()
    finally:
        server.close()
        agent.home.serving_file.unlink(missing_ok=True)


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
