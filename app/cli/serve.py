"""`enlaza serve`.

This process only starts and watches the one that serves, so it reads little of the program: what
a request or a job needs is read over there.
"""

import importlib.util
import os
import socket
from collections.abc import Callable
from typing import Any

import click
from granian import Granian
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels
from sqlalchemy.engine import make_url

from app.heap import staying
from app.keyfiles import read_keys
from app.lan import lan_address, make_certificate, qr_for_terminal
from app.logs import configure_logs
from app.settings import Settings, SettingsError
from loyalty.db.migrate import require_current
from loyalty.db.session import Database
from loyalty.kernel.clock import SystemClock

# Requests wait for the one writer, not for each other; threads are what they wait on.
BLOCKING_THREADS = 32


@click.command()
@click.option("--demo", is_flag=True, help="Serve the demo, made on first start.")
@click.option("--lan", is_flag=True, help="With --demo: https on the local network, for a phone.")
def serve(*, demo: bool, lan: bool) -> None:
    """Serve the pages, the API and the jobs until stopped."""
    if demo:
        os.environ["ENLAZA_DEMO"] = "1"
    if lan:
        address = lan_address()
        port = os.environ.get("PORT", "8000")
        os.environ |= {
            "ENLAZA_LAN": "1",
            "HOST": "0.0.0.0",  # noqa: S104  asked for by --lan, demo only
            "ENLAZA_PUBLIC_URL": f"https://{address}:{port}",
        }
    settings = Settings.from_env()
    configure_logs(settings)
    _need_free_port(settings)
    if settings.demo:
        from app.cli.demo import prepare_demo, tell_demo  # noqa: PLC0415  a shop has no demo

        prepare_demo(settings)
        tell_demo(settings)
    read_keys(settings.home)
    require_current(settings.database)
    Database.for_service(settings.database).close()  # refuse here, in a sentence, if at all
    if settings.lan:
        click.echo(qr_for_terminal(f"{settings.base_url}/"))
        click.echo("The browser will warn once about the certificate made on the spot: accept it.")
    if _takes_many(settings):
        from app.cli.processes import become_parent  # noqa: PLC0415  needs gunicorn

        become_parent(settings)
    _run(settings)


def _takes_many(settings: Settings) -> bool:
    """Say whether several processes may serve, and there is what starts them."""
    is_sqlite = make_url(settings.database).get_backend_name() == "sqlite"
    return not (is_sqlite or settings.demo) and importlib.util.find_spec("gunicorn") is not None


def _need_free_port(settings: Settings) -> None:
    """Refuse before anything is told when somebody else has the port.

    Errors: `SettingsError`.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            message = f"port {settings.port} is taken; PORT=8001 (or another) chooses a free one"
            raise SettingsError(message) from error


def _run(settings: Settings) -> None:
    """Serve with one worker process of many threads: one writer, so commits can be grouped."""
    os.environ["ENLAZA_SERVED_BY"] = str(os.getpid())
    made = (
        make_certificate(settings.home / "lan", lan_address(), clock=SystemClock())
        if settings.lan
        else None
    )
    Granian(
        "app.wsgi",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=BLOCKING_THREADS,
        websockets=False,
        log_level=LogLevels.error,
        ssl_cert=made.certificate if made else None,
        ssl_key=made.key if made else None,
        ssl_protocol_min=SSLProtocols.tls12,
        respawn_failed_workers=False,
    ).serve(target_loader=make_application, wrap_loader=False)


def make_application() -> Callable[..., Any]:
    """Read and make the application, in the process that serves it."""
    with staying():
        from app.wsgi import create  # noqa: PLC0415  this process opens no database

        return create()
